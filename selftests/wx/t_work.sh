# SPDX-License-Identifier: GPL-2.0-or-later
# What a Linux guest does all day under wx=detect: it boots, loads a module,
# turns the function tracer on and off, runs a large program, compiles. All of it
# works, and what is told of it is counted by kind.
# icount: yes
# hangs: yes
# files: build/{k}/aegishv.ko build/vmm/aegishv-vmm build/vmm/ahvctl build/vmm/guest-cc.gz build/shim/aegishv selftests/wx/wx.sh {cache}/{k}/vmlinuz
# modules: dummy
# kernels: 6.1 6.12
# mem: 2048
. ./tap.sh
. ./wx.sh

# The guest's RAM disk with the module, which is of its kernel as of ours.
add_module() {
	module=$(find /lib/modules -name 'dummy.ko*' | head -n 1)
	case $module in
	*.xz) xzcat "$module" >dummy.ko ;;
	*) cp "$module" dummy.ko ;;
	esac
	add_to guest-cc.gz dummy.ko >initrd
}

start_guest() {
	mkfifo commands
	exec 3<>commands
	timeout 1000 ./aegishv-vmm linux --kernel vmlinuz --initrd initrd --append quiet \
		<commands >/share/console 2>/share/end &
	guest=$!
}

guest_says() { # PATTERN
	until grep -q "$1" /share/console; do
		kill -0 $guest 2>/dev/null || return 1
		sleep 1
	done
}

# The guest does it, and says how that ended.
guest_does() { # WHAT COMMANDS
	printf '(%s); echo "done: %s $?"\n' "$2" "$1" >&3
	guest_says "^done: $1" && grep -q "^done: $1 0" /share/console
}

# What was told since the last time, by rule and privilege.
told() { # OF WHAT
	settle
	for rule in write_exec wx_thrash; do
		for cpl in 0 3; do
			note "told of $1: $rule at privilege $cpl: $(grep "\"rule\":\"$rule\"" $events | grep -c "\"cpl\":$cpl,\"cr3\"")"
		done
	done
	cp $events "/share/$1.jsonl"
}

of_users() { # what was told of user programs
	settle
	grep -c '"type":"wx".*"cpl":3,"cr3"' $events
}

modprobe kvm-amd
ok "the module loads" insmod aegishv.ko wx=detect
watch_events
add_module
start_guest
ok "the guest boots to its shell" guest_says '^guest: up'
told boot
is "$(lines write_exec)" 0 "no page is told of as executed after a write"
forget
ok "it runs programs" guest_does programs 'for i in 1 2 3 4 5 6 7 8; do busybox true; ls / >/dev/null; done'
is "$(all_lines)" 0 "... and nothing is told"
ok "it compiles, by a program of 33 MB" guest_does compile 'cc1 -quiet -O2 -fpreprocessed /bin/compile.i -o /out.s; test -s /out.s'
is "$(all_lines)" 0 "... and nothing is told"
forget
ok "it loads and unloads a module" guest_does module 'insmod /bin/dummy.ko; ip link show dummy0 >/dev/null; rmmod dummy'
told module
is "$(of_users)" 0 "... and no user program is told of"
forget
ok "it traces functions and stops" guest_does ftrace 'mount -t tracefs t /sys/kernel/tracing; cd /sys/kernel/tracing; echo "vfs_*" >set_ftrace_filter; for i in 1 2 3; do echo function >current_tracer; ls / >/dev/null; echo nop >current_tracer; done'
told ftrace
is "$(of_users)" 0 "... and no user program is told of"
echo 'reboot -f' >&3
wait $guest
is "$?" 0 "the guest ends well"
note "counted: $(./ahvctl counters | awk '$1 == "wx" { printf "%s %s  ", $3, $4 }')"
stop_events
ok "unloads" rmmod aegishv
done_testing
