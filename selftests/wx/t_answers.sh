# SPDX-License-Identifier: GPL-2.0-or-later
# Lines of W^X, seals and traps: whose access it was, and every answer to a trap;
# two vCPUs that are paused; an instruction on two pages. Each line is valid by the
# schema.
# runs: host
# kernels: 6.1 6.12 newest debug
# timeout: 1200
. selftests/tap.sh
name=wx-answers-$KERNEL
share=build/run/$name/share
SHIM=build/shim/aegishv

ok "the machine ran" "$RUN" -k "$KERNEL" -n "$name" --timeout 1100 --mem 1536 \
	-f "build/$KERNEL/aegishv.ko" -f $SHIM -f build/vmm/aegishv-vmm -f build/vmm/ahvctl \
	-f "$(command -v jq)" -f selftests/tap.sh -f selftests/wx/wx.sh \
	-f selftests/wx/answers_guest.sh -- "KERNEL=$KERNEL sh answers_guest.sh"
grep '^not ok' $share/out | sed 's/^/# in the machine: /'

valid() { # FILE
	selftests/validate_jsonl.py $share/schema.json "$1"
}

ok "the program prints the schema" sh -c "$SHIM dump-schemas >$share/schema.json"
ok "every line is valid by it" valid $share/wx.jsonl
sed 's/"cr3":"0x/"cr3":"/' $share/wx.jsonl >$share/wrong.jsonl
fails "... which others are not" valid $share/wrong.jsonl
done_testing
