# SPDX-License-Identifier: GPL-2.0-or-later
# As wx/t_linux, under shadow paging.
# icount: yes
# hangs: yes
# files: build/{k}/aegishv.ko build/vmm/aegishv-vmm build/vmm/ahvctl build/vmm/guest-wx.gz build/shim/aegishv selftests/wx/wx.sh selftests/wx/t_linux.sh examples/policy.example {cache}/6.1/vmlinuz
# kernels: 6.12
# mem: 1536
kvm_options=npt=0
options=wx_untested=1
. ./t_linux.sh
