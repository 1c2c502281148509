#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A real guest: Debian's kernel boots to a shell under KVM while the module
# counts, and its exits and faults arrive. Guest time goes by instructions: on a
# busy machine a guest whose timer goes by the clock does nothing but tick.
#
# icount: yes
# hangs: yes
# files: build/{k}/aegishv.ko build/vmm/aegishv-vmm build/vmm/ahvctl build/vmm/guest.gz {cache}/6.1/vmlinuz
# kernels: 6.1 6.12
# mem: 1536
. ./tap.sh

is_above() { [ "${1:-0}" -gt "$2" ]; }

count() { # KIND NAME
	./ahvctl counters | awk -v k="$1" -v n="$2" '$1 == k && $3 == n { print $4 }'
}

modprobe kvm-amd
ok "module loads" insmod aegishv.ko
printf 'echo "shell: $((40 + 2))"; reboot -f\n' >commands
timeout 300 ./aegishv-vmm linux --kernel vmlinuz --initrd guest.gz --append quiet \
	<commands >console 2>end
is "$?" 0 "aegishv-vmm ends well"
cp console /share/
ok "init printed its marker" grep -q '^guest: up' console
ok "the shell ran a command" grep -q '^shell: 42' console
is "$(cat end)" "aegishv-vmm: linux: guest ended by reset" "the guest ended by its reboot"
note "$(grep '^guest: up' console)"
for reason in io cpuid msr npf; do
	ok "exits by $reason were counted: $(count exit $reason)" is_above "$(count exit $reason)" 0
done
ok "more than 1000 stage-2 faults were counted" \
	is_above "$(./ahvctl counters | awk '$1 == "fault" { n += $4 } END { print n }')" 1000
is "$(./ahvctl vms)" "" "the VM is gone"
rmmod aegishv
done_testing
