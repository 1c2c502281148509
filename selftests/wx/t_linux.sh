# SPDX-License-Identifier: GPL-2.0-or-later
# A real guest: Debian's kernel boots to a shell under wx=detect and wx=enforce as
# the policy has them that we ship, programs run, shellcode is told of, and with
# wx_action=deny it dies by a signal while the guest goes on. What the boot costs
# is noted.
# icount: yes
# hangs: yes
# files: build/{k}/aegishv.ko build/vmm/aegishv-vmm build/vmm/ahvctl build/vmm/guest-wx.gz build/shim/aegishv selftests/wx/wx.sh examples/policy.example {cache}/6.1/vmlinuz
# kernels: 6.1 6.12
# mem: 1536
. ./tap.sh
. ./wx.sh

boot() { # NAME COMMANDS: what to type into the guest's shell
	printf '%s\necho "status: $?"; echo "guest: goes on"; reboot -f\n' "$2" >commands
	timeout 500 ./aegishv-vmm linux --kernel vmlinuz --initrd guest-wx.gz --append quiet \
		<commands >console 2>end
	status=$?
	cp console "/share/console-$1"
	sed "s/^/# $1: /" <<-END
	$(grep '^guest: up' console)
	$(./ahvctl counters | grep -E '^(wx|fault)')
	exits $(./ahvctl counters | awk '$1 == "exit" { n += $4 } END { print n }')
	END
}

programs='ls / >/dev/null; busybox sh -c "uname -a"; shellcode twin'

modprobe kvm-amd $kvm_options
ok "the module loads${options:+ with $options}" insmod aegishv.ko $options
export AEGISHV_STATE_DIR=/tmp/state
mkdir -p /tmp/state /usr/local/bin
watch_events
ok "the policy that we ship" ./aegishv policy apply policy.example --reset
is "$(./aegishv config get | grep '^wx' | tr '\n' ' ')" \
	"wx=detect wx_action=deny wx_granularity=4k wx_scope=user " "... has wx=detect"
boot detect "$programs"
is "$status" 0 "the guest ends well with wx=detect"
ok "it came to its shell and ran programs" grep -q 'twin: done' console
is "$(grep '"type":"wx"' $events | grep -c '"cpl":3')" 0 "no user program is told of"
note "told of the kernel: $(all_lines), boot $(count boot), load $(count load)"
forget
boot attack "shellcode attack"
ok "shellcode runs with wx=detect" grep -q 'shellcode: 42' console
is "$(grep '"rule":"write_exec"' $events | grep -c '"cpl":3')" 1 "... and is told of once"
forget
sed 's/^wx=detect/wx=enforce/' policy.example >enforce
ok "the same with wx=enforce" ./aegishv policy apply enforce --reset
boot deny "$programs; shellcode attack"
is "$status" 0 "the guest ends well with wx=enforce"
ok "its programs ran" grep -q 'twin: done' console
fails "the shellcode did not" grep -q 'shellcode: 42' console
ok "... it died of SIGSEGV" grep -q 'status: 139' console
ok "... and the guest went on" grep -q 'guest: goes on' console
is "$(grep '"cpl":3' $events | grep -c '"answer":"deny"')" 1 "it is told of as denied"
stop_events
ok "unloads" rmmod aegishv
done_testing
