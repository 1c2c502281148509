# SPDX-License-Identifier: GPL-2.0-or-later
# Lines of W^X, seals and traps: whose access it was, and every answer to each
# rule; two vCPUs that are paused; an instruction on two pages. Every line is
# valid by the schema.
# runs: host
# kernels: 6.1 6.12 newest debug
# timeout: 1200
. selftests/tap.sh
name=wx-answers-$KERNEL
share=build/run/$name/share
SHIM=build/shim/aegishv

ok "the machine ran" "$RUN" -k "$KERNEL" -n "$name" --timeout "$TIMEOUT" --mem 1536 \
	-f "build/$KERNEL/aegishv.ko" -f $SHIM -f build/vmm/aegishv-vmm -f build/vmm/ahvctl \
	-f "$(command -v jq)" -f selftests/tap.sh -f selftests/wx/wx.sh \
	-f selftests/wx/answers_guest.sh -- "KERNEL=$KERNEL sh answers_guest.sh"
grep '^not ok' $share/out | sed 's/^/# in the machine: /'

valid() { # FILE
	selftests/validate_jsonl.py $share/schema.json "$1"
}

seen() { # VALUE: of each line, each once
	jq -r "$1" $share/wx.jsonl | sort -u | xargs
}

ok "the program prints the schema" sh -c "$SHIM dump-schemas >$share/schema.json"
ok "every line is valid by it" valid $share/wx.jsonl
sed 's/"cr3":"0x/"cr3":"/' $share/wx.jsonl >$share/wrong.jsonl
fails "... which others are not" valid $share/wrong.jsonl
ranges="exec_trap-deny exec_trap-kill exec_trap-log exec_trap-pause seal-deny seal-kill seal-pause"
is "$(seen '"\(.rule)-\(.answer)"')" \
	"$ranges write_exec-deny write_exec-kill write_exec-log write_exec-pause wx_thrash-log" \
	"there is a line of each rule with each answer"
is "$(seen '"\(.rule)-\(.emulated)"')" \
	"exec_trap-null seal-null seal-true write_exec-null write_exec-true wx_thrash-null" \
	"... of what vCPUs did and of what KVM did"
is "$(seen .mapping) $(seen 'has("write")')" "none null writable false true" \
	"... with and without page tables and a write before"
done_testing
