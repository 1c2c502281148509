# SPDX-License-Identifier: GPL-2.0-or-later
# A VM on arm64: what the module counts is what the guest did and what the
# kernel's own tracepoints saw.
# kernels: 6.12-arm64
# files: build/{k}/aegishv.ko build/arm64/guest build/arm64/counters
. ./tap.sh

trace=/sys/kernel/tracing
pages=300
stores=5000

write=2		# AEGISHV_ACCESS_WRITE
exec=4

counter() { # KIND NAME-OR-NUMBER
	counters | awk -v k="$1" -v n="$2" '$1 == k && $2 == n { print $3 }'
}

sum() { # KIND
	counters | awk -v k="$1" '$1 == k { n += $3 } END { print n + 0 }'
}

ok "it loads" insmod aegishv.ko
echo 65536 >$trace/buffer_size_kb
for e in kvm_exit kvm_guest_fault; do
	echo 1 >$trace/events/kvm/$e/enable
done
ok "the guest does what it was told" guest $pages $stores
for e in kvm_exit kvm_guest_fault; do
	echo 0 >$trace/events/kvm/$e/enable
done
# One abort for each page and store, for the last store, and for the first fetch.
is "$(counter exit DABT_LOW)" $((pages + stores + 1)) "data aborts are those of the guest"
is "$(counter exit IABT_LOW)" 1 "so is the instruction abort"
is "$(counter fault $write)" $((pages + stores + 1)) "faults are told apart: those that wrote"
is "$(counter fault $exec)" 1 "and the one that executed"
is "$(sum exit)" "$(grep -c ' kvm_exit:' $trace/trace)" "exits are those that the kernel traced"
is "$(sum fault)" "$(grep -c ' kvm_guest_fault:' $trace/trace)" "so are faults"
ok "it unloads" rmmod aegishv
done_testing
