# SPDX-License-Identifier: GPL-2.0-or-later
# What the program says when the module, KVM or rights are not there.
# layer: 4
# kernels: 6.1 6.12
# files: build/{k}/aegishv.ko build/shim/aegishv selftests/e2e/lib.sh
. ./tap.sh
. ./lib.sh

says() { # STATUS REGEX TEXT COMMAND...
	want=$1 regex=$2 text=$3
	shift 3
	out=$("$@" 2>&1)
	got=$?
	if [ $got = "$want" ] && echo "$out" | grep -Eq "$regex"; then
		tap_result ok "$text"
	else
		tap_result not "$text"
		note "status $got, output: $out"
	fi
}

for c in "vm list" stats snapshot metrics events "config get" "top -b -n 1" "run --listen none" "record /tmp/r"; do
	# shellcheck disable=SC2086
	says 1 "aegishv.ko is not loaded.*modprobe aegishv" "$c without the module" aegishv $c
done
fails "record left no file behind" test -e /tmp/r
says 1 "FAIL +module" "health without the module" aegishv health
says 1 "modprobe|DKMS" "doctor without the module advises" aegishv doctor
says 0 "draft/2020-12" "dump-schemas needs nothing" aegishv dump-schemas

insmod aegishv.ko
says 1 "FAIL +hook:kvm_exit +absent" "health without kvm" aegishv health
start_run --jsonl /tmp/e.jsonl
says 1 "503" "/readyz without kvm" wget -O - "$URL/readyz"
says 0 "hook kvm_exit is absent" "and says which hook" sh -c "printf 'GET /readyz HTTP/1.0\r\n\r\n' | nc 127.0.0.1 9108"
says 0 "^aegishv_ready 0" "/metrics says so too" get metrics
says 0 'aegishv_hook_up\{hook="kvm_exit",required="1"\} 0' "and which hook" get metrics
modprobe kvm-amd
wait_for "readiness" get readyz
says 0 "^ready" "/readyz when kvm came" get readyz
says 0 '"healthy":true' "health --json when kvm came" aegishv health --json
says 0 '"hook":"kvm_exit","state":"attached"' "the stream tells it" sh -c 'sleep 0.5; cat /tmp/e.jsonl'
says 1 "stop the program that has" "rings in use keep their size" aegishv config set ring_bytes=1M
says 1 "already read by process $run" "a second reader" aegishv record /tmp/r
says 1 "another program has the port" "a port that is taken" aegishv run --replay /dev/null --listen 127.0.0.1:9108
stop_run
is $? 0 "SIGTERM ends it with success"
says 0 "" "rings that nobody reads change their size" aegishv config set ring_bytes=1M watermark_bytes=64K
says 0 "ring_bytes=1048576" "and keep it" aegishv config get
says 1 "power of two" "a size that is none is refused in the module's words" aegishv config set ring_bytes=100000

# Somebody without rights.
adduser -D -H nobody2 2>/dev/null || echo 'nobody2:x:1234:1234::/:/bin/sh' >>/etc/passwd
says 1 "root|Permission|not permitted" "vm list without rights" su nobody2 -s /bin/sh -c '/t/aegishv vm list'
says 1 "root|Permission|not permitted" "run without rights" su nobody2 -s /bin/sh -c '/t/aegishv run --listen none'
done_testing
