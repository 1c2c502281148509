# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the module says of its hooks, for the tests here.

hooks="kvm_exit kvm_page_fault kvm_entry kvm_userspace_exit exit_info vcpu_create vcpu_destroy vm_destroy"
idle="kvm_entry kvm_userspace_exit"
ftraced="kvm_arch_vcpu_create kvm_arch_vcpu_destroy kvm_arch_destroy_vm"

state() { # HOOK: its state
	nltool info | sed -n "s/^hook $1 \([a-z]*\) .*/\1/p"
}

reason() { # HOOK: backend, errno, reason
	nltool info | sed -n "s/^hook $1 [a-z]* //p"
}

# attached or absent, with each hook's own idea of it
all_are() { # attached|absent
	for h in $hooks; do
		want=$1
		case "$1 $idle " in
		attached*" $h "*) want=idle ;;
		esac
		got=$(state "$h")
		[ "$got" = "$want" ] || { echo "$h: $got, want $want: $(reason "$h")"; return 1; }
	done
}

healthy() {
	nltool info | grep -q '^healthy 1'
}

# A guest with N port writes: the host's exits and faults grow by N + 1 at least,
# and not by more than what interrupts of the host can add.
counts() { # N
	counts_before=$(nltool exits)
	vmlives 1 1 "$1" || return 1
	counts_grown=$(($(nltool exits) - counts_before))
	echo "$1 writes: $counts_grown"
	[ "$counts_grown" -gt "$1" ] && [ "$counts_grown" -lt $(($1 * 2 + 500)) ]
}

# A VM that stays until hold_end: pid in $holder.
hold() { # VCPUS
	rm -f held
	vmlives hold "$1" >held 2>&1 &
	holder=$!
	until grep -q held held; do
		kill -0 $holder || return 1
		usleep 10000
	done
}

hold_end() {
	kill -TERM $holder
	wait $holder 2>/dev/null
	true
}
