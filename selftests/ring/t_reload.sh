# SPDX-License-Identifier: GPL-2.0-or-later
# Modules come and go while VMs run and rings fill: aegishv with VMs running,
# kvm between VMs, each over and over; what a consumer then reads is whole.
# timeout: 900
# files: build/{k}/aegishv.ko build/ring/ahv-ring build/vmm/aegishv-vmm build/vmm/ahvctl
# kmemleak: yes
. ./tap.sh

loads() {
	aegishv-vmm load --vcpus 2 >/dev/null &
	load1=$!
	aegishv-vmm load --name other >/dev/null &
	load2=$!
}

end_loads() {
	kill $load1 $load2
	wait $load1 $load2
}

in_with_events() {
	insmod aegishv.ko proc_events=off && ahvctl set exit-events=full
}

reload() { # TIMES
	i=0
	while [ $i -lt "$1" ]; do
		in_with_events && ahv-ring drain >/dev/null && rmmod aegishv || return 1
		i=$((i + 1))
	done
}

kvm_again() {
	for i in 1 2 3 4 5; do
		aegishv-vmm load --count 200 --time >/dev/null 2>&1 &
		sleep 0.3
		kill $! && wait $!
		aegishv-vmm cpuid --count 50 >/dev/null || return 1
		rmmod kvm_amd && rmmod kvm || return 1
		modprobe kvm-amd || return 1
	done
}

ok "kvm loads" modprobe kvm-amd
loads
times=${AHV_RELOADS:-$(amount 8 8 3)}
ok "loads into running VMs, unloads from them, $times times" reload "$times"
ok "loads once more" in_with_events
sleep 1
ok "what running VMs wrote is whole" ahv-ring drain
exec 3<>/dev/aegishv
fails "rmmod is refused while the device is open" rmmod aegishv
exec 3<&-
ok "rmmod works with the device closed and VMs running" rmmod aegishv
end_loads
ok "loads without VMs" in_with_events
ok "kvm goes and comes between VMs, 5 times" kvm_again
ok "what they wrote is whole" ahv-ring drain
ok "unloads" rmmod aegishv
done_testing
