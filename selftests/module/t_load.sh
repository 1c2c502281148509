# SPDX-License-Identifier: GPL-2.0-or-later
# The module loads without kvm, with kvm before it, with kvm after it, and
# unloads each time; over and over. AHV_LOADS=100 for the long run.
# files: build/{k}/aegishv.ko
# kmemleak: yes
. ./tap.sh

ok "loads on a host without kvm" insmod aegishv.ko
ok "there is /dev/aegishv" test -c /dev/aegishv
ok "unloads" rmmod aegishv
fails "/dev/aegishv is gone" test -e /dev/aegishv

ok "kvm loads" modprobe kvm-amd
ok "loads after kvm" insmod aegishv.ko
ok "kvm unloads while the module watches" rmmod kvm_amd kvm
ok "kvm loads while the module waits" modprobe kvm-amd
ok "unloads while kvm stays" rmmod aegishv

times=${AHV_LOADS:-$(amount 20 20 5)}
again() {
	for i in $(seq "$times"); do
		insmod aegishv.ko && rmmod aegishv || return 1
	done
}
ok "loads and unloads $times times" again
done_testing
