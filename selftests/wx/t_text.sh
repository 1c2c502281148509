# SPDX-License-Identifier: GPL-2.0-or-later
# The text of a real guest's kernel is found and sealed: what is sealed is what
# the guest calls its code, the guest goes on, and cannot patch itself any more.
# Where there is no such text, or the guest may still write to it, it is refused.
# icount: yes
# hangs: yes
# files: build/{k}/aegishv.ko build/vmm/aegishv-vmm build/vmm/ahvctl build/vmm/guest-wx.gz build/shim/aegishv selftests/wx/wx.sh build/wx/{k}/ahv_patch.ko {cache}/{k}/vmlinuz
# kernels: 6.1 6.12
# mem: 1536
. ./tap.sh
. ./wx.sh

boot() { # APPEND: up to the guest's shell, which type() speaks to
	rm -f in
	mkfifo in
	timeout 500 ./aegishv-vmm linux --kernel vmlinuz --initrd initrd --append "quiet $1" \
		--name guest <in >console 2>end &
	guest=$!
	exec 3>in
	said 'guest: up'
	# the kernel is done with itself when it can be asked
	asked 'mount -t tracefs tracefs /sys/kernel/tracing; cd /sys/kernel/tracing'
}

said() { # TEXT: wait for it
	until grep -q "$1" console; do
		kill -0 $guest || return 1
		usleep 100000
	done
}

questions=0
asked() { # COMMAND: typed, and done
	questions=$((questions + 1))
	printf '%s; echo "asked "%s\n' "$1" $questions >&3
	said "^asked $questions"
}

answer() { # PATTERN: the last line that has it
	tr -d '\r' <console | grep "$1" | tail -n 1
}

leave() {
	echo 'reboot -f' >&3
	exec 3>&-
	wait $guest
	status=$?
	cp console "/share/console-$1"
}

seals() {
	./aegishv vm show guest | sed -n 's/^ *sealed *//p'
}

unharmed() { # BY WHAT: refused inside the text, which is whole; the guest goes on
	gpa=$(($(field seal gpa)))
	ok "... inside the text" test $gpa -ge $((0x${code%-*})) -a $gpa -le $((0x${code#*-}))
	asked 'ktext'
	is "$(answer '^text:')" "$before" "the text is what it was"
	asked "ls /bin >/dev/null; shellcode twin; echo 'unharmed by $1: '\$?"
	is "$(answer "^unharmed by $1:")" "unharmed by $1: 0" "the guest goes on"
}

add_to guest-wx.gz ahv_patch.ko >initrd
modprobe kvm-amd
ok "the module loads" insmod aegishv.ko
watch_events

# ---- where there is nothing to find: a bare guest that has ended ----
./aegishv-vmm portio --count 1 --hold --name bare >/tmp/bare.out 2>&1 &
bare=$!
until grep -q . /tmp/bare.out; do kill -0 $bare || break; usleep 100000; done
fails "a guest without a kernel has no text" ./aegishv vm seal bare --kernel-text
ok "... and that is said: $tap_out" sh -c 'echo "$1" | grep -q "kernel text: the guest did not run"' - "$tap_out"
./aegishv vm pause bare
fails "one that is paused is not asked" ./aegishv vm seal bare --kernel-text
ok "... and that is said: $tap_out" sh -c 'echo "$1" | grep -q "paused.*resume it"' - "$tap_out"
./aegishv vm resume bare
is "$(./aegishv vm show bare | grep -c sealed)" 0 "nothing is sealed"
is "$(./aegishv health | grep -c 'hook:stage2_[a-z]* *idle')" 7 "nobody needs the hooks"
fails "--kernel-text goes with seal" ./aegishv vm trap bare --kernel-text
kill -TERM $bare
wait $bare

# ---- the kernel of a guest; 6.1 with page table isolation, the harder case ----
boot pti=on
note "$(answer '^guest: up')"
asked 'grep -c "^flags.* pti" /proc/cpuinfo | sed "s/^/isolated: /"'
case $KERNEL in
6.1) is "$(answer '^isolated:')" "isolated: 1" "the guest isolates its page tables" ;;
*) note "$(answer '^isolated:')" ;;
esac
asked "grep 'Kernel code' /proc/iomem"
code=$(answer ' : Kernel code' | sed 's/ *\([^ ]*\) : .*/\1/')
asked 'echo p:before vfs_statfs >>kprobe_events; echo 1 >events/kprobes/before/enable; echo "patched: "$?'
is "$(answer '^patched:')" "patched: 0" "the guest can patch its kernel"
asked 'echo 0 >events/kprobes/before/enable'
asked 'insmod /bin/ahv_patch.ko; echo "module: "$?; rmmod ahv_patch'
is "$(answer '^module:')" "module: 0" "... and a module can"
ok "its kernel's text is sealed" ./aegishv vm seal guest --kernel-text
note "$tap_out"
seals >seals
note "the guest's code is $code"
is "$(sed 's/-.*//' seals | head -n 1)" "0x$(echo "${code%-*}" | sed 's/^0*//')" "from its first byte on"
ok "to its last" test $(($(sed 's/.*-//' seals | tail -n 1))) -ge $((0x${code#*-}))
ok "and hardly further" test $(($(sed 's/.*-//' seals | tail -n 1))) -lt $((0x${code#*-} + 0x200000))
ok "the same in JSON" sh -c './aegishv vm seal guest --kernel-text --json | tr -d " \n\t" | grep -q "{\"id\":[0-9]*,\"seal\":\[\"$(head -n 1 seals)\""'
is "$(seals | tr '\n' ' ')" "$(tr '\n' ' ' <seals)" "sealing it again changes nothing"
asked 'ktext'
before=$(answer '^text:')
ok "the guest reads it: $before" test -n "$before"
asked 'ls /bin >/dev/null; shellcode twin'
ok "and runs programs" grep -q 'twin: done' console
is "$(all_lines)" 0 "none of which writes to it"
forget
asked 'insmod /bin/ahv_patch.ko; echo "module: "$?'
ok "a module cannot patch it: $(answer '^module:')" sh -c '[ "$1" ] && [ "$1" != "module: 0" ]' - "$(answer '^module:')"
is "$(lines seal) $(field seal answer) $(field seal access) $(field seal cpl)" "1 deny write 0" "... it is refused, and told of once"
unharmed module
forget
asked 'echo p:after vfs_fsync >>kprobe_events; busybox sh -c "echo 1 >events/kprobes/after/enable"; echo "refused: "$?'
ok "nor can the kernel itself: $(answer '^refused:')" sh -c '[ "$1" ] && [ "$1" != "refused: 0" ]' - "$(answer '^refused:')"
ok "which is told: $(gpas seal)" test "$(lines seal)" -ge 1
is "$(field seal answer) $(field seal access) $(field seal cpl)" "deny write 0" "... as refused"
unharmed kprobe
leave isolated
is "$status" 0 "and ends well"
forget

# ---- a kernel that may write to its text ----
boot rodata=off
asked "grep 'Kernel code' /proc/iomem"
code=$(answer ' : Kernel code' | sed 's/ *\([^ ]*\) : .*/\1/')
fails "text that the guest may write to is refused" ./aegishv vm seal guest --kernel-text
ok "... and where is said: $tap_out" sh -c 'echo "$1" | grep -q "writable\|can still write"' - "$tap_out"
is "$(seals)" "" "nothing is sealed"
leave rodata
is "$status" 0 "it ends well"

stop_events
ok "unloads" rmmod aegishv
done_testing
