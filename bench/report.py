#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints build/bench.json as a table with ratios and judges the promises.

Exit status 1 when a promised bound is missed or was not measured.

usage: report.py [--compare]       --compare: only the promises
"""
import json
import os
import sys

BUILD = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "build")

# What each group is compared with, its rows, and the text beside them.
GROUPS = [
    ("A port-I/O exit, instructions (Debian 6.1, QEMU -icount, one vCPU)", "exit.bare", [
        ("exit.bare", "no module, no tracing"),
        ("exit.counted", "aegishv.ko counts"),
        ("exit.ring", "... and exit_events=all into the ring"),
        ("exit.ring_full", "... and entries and returns to the VMM, too"),
        ("exit.detect", "... no records, all detectors on"),
        ("exit.detect_off", "... and off again"),
        ("exit.jsonl_live", "... aegishv writes JSON Lines on the same CPU, in all"),
        ("exit.unloaded", "module unloaded again"),
        ("exit.tracefs_kvm_exit", "tracefs: kvm_exit, nobody reads"),
        ("exit.tracefs_kvm_all", "tracefs: kvm:*, nobody reads"),
        ("exit.tracefs_tailed", "tracefs: kvm_exit, cat trace_pipe on the same CPU, in all"),
    ]),
    ("A CPUID exit, instructions", "cpuid.bare", [
        ("cpuid.bare", "no module"),
        ("cpuid.counted", "aegishv.ko counts"),
        ("cpuid.ring", "... and exit_events=all into the ring"),
    ]),
    ("A stage-2 fault, instructions", "fault.bare", [
        ("fault.bare", "no module"),
        ("fault.ring", "aegishv.ko: counted, in the ring"),
        ("fault.detect", "... with all detectors on"),
        ("fault.tracefs_kvm_page_fault", "tracefs: kvm_page_fault, nobody reads"),
    ]),
    ("Open and close of a file that no rule denies, instructions", "open.bare", [
        ("open.bare", "no module"),
        ("open.direct.1", "aegishv.ko, direct call, 1 rule, enforce"),
        ("open.direct.1000", "... 1,000 inodes denied"),
        ("open.direct.1000000", "... 1,000,000 inodes denied"),
        ("open.direct.path.1000", "... 1,000 paths denied"),
        ("open.ftrace.1", "... by ftrace"),
        ("open.kprobe.1", "... by kprobe"),
        ("open.unloaded", "module unloaded again"),
        ("open.bpf_lsm.hash", "BPF LSM, 4,096 inodes in a hash map"),
        ("open.kretprobe", "a kretprobe that denies one inode"),
        ("open.fanotify", "fanotify permission events, always allowed, in all"),
    ]),
    ("A denied open, instructions", "denied.bare", [
        ("denied.bare", "denied by BPF LSM, no event"),
        ("denied.ring", "denied by us, event in the ring"),
        ("denied.json", "... read and written as a JSON line, in all"),
    ]),
    ("Other system calls while aegishv.ko enforces by direct calls", None, [
        ("stat.bare", "no module"),
        ("stat.direct", "enforce"),
        ("getppid.bare", "no module"),
        ("getppid.direct", "enforce"),
    ]),
    ("A port-I/O exit by wx=, instructions", "wx.unloaded.exit", [
        ("wx.unloaded.exit", "no module"),
        ("wx.off.exit", "wx=off"),
        ("wx.detect.exit", "wx=detect"),
        ("wx.enforce.exit", "wx=enforce, wx_action=deny, wx_scope=user"),
    ]),
    ("A guest writes to 64 MiB for the first time, instructions a page", "wx.unloaded.touch64m", [
        ("wx.unloaded.touch64m", "no module"),
        ("wx.off.touch64m", "wx=off; faults go into the ring"),
        ("wx.detect.touch64m", "wx=detect"),
        ("wx.enforce.touch64m", "wx=enforce, wx_action=deny, wx_scope=user"),
        ("wx.huge.touch64m", "wx=detect, wx_granularity=huge"),
    ]),
    ("... which the host has in huge pages", "wx.unloaded.touch64m_huge", [
        ("wx.unloaded.touch64m_huge", "no module"),
        ("wx.off.touch64m_huge", "wx=off"),
        ("wx.detect.touch64m_huge", "wx=detect"),
        ("wx.enforce.touch64m_huge", "wx=enforce, wx_action=deny, wx_scope=user"),
        ("wx.huge.touch64m_huge", "wx=detect, wx_granularity=huge"),
    ]),
    ("Debian's kernel boots to a shell in a guest, and ends; instructions", "wx.unloaded.boot", [
        ("wx.unloaded.boot", "no module"),
        ("wx.off.boot", "wx=off"),
        ("wx.detect.boot", "wx=detect"),
        ("wx.enforce.boot", "wx=enforce, wx_action=deny, wx_scope=user"),
        ("wx.huge.boot", "wx=detect, wx_granularity=huge"),
    ]),
    ("... VM exits of that", "wx.off.boot_exits", [
        ("wx.off.boot_exits", "wx=off"),
        ("wx.detect.boot_exits", "wx=detect"),
        ("wx.enforce.boot_exits", "wx=enforce, wx_action=deny, wx_scope=user"),
        ("wx.huge.boot_exits", "wx=detect, wx_granularity=huge"),
    ]),
    ("A guest compiles a C file with GCC -O2; instructions", "wx.unloaded.compile", [
        ("wx.unloaded.compile", "no module"),
        ("wx.off.compile", "wx=off"),
        ("wx.detect.compile", "wx=detect"),
        ("wx.enforce.compile", "wx=enforce, wx_action=deny, wx_scope=user"),
        ("wx.huge.compile", "wx=detect, wx_granularity=huge"),
    ]),
    ("Replay of 2,000,000 real trace lines, one CPU of this machine", None, [
        ("replay.lines_per_s", "lines a busy second, JSON Lines written"),
        ("replay.metrics_only_lines_per_s", "... metrics only"),
        ("replay.detect_lines_per_s", "... JSON Lines written, with all detectors"),
        ("jsonl.events_per_s", "events a busy second written as JSON Lines"),
        ("replay.max_rss_kib", "most memory, KiB"),
        ("replay.lines_lost", "lines lost"),
    ]),
]

# (what is promised, its value, the bound, whether more is better)
PROMISES = [
    ("counting an exit", lambda b: b["exit.counted"] - b["exit.bare"], 60, False),
    ("an exit, detectors off again", lambda b: b["exit.detect_off"] - b["exit.counted"], 5, False),
    ("an exit into the ring", lambda b: b["exit.ring"] - b["exit.bare"], 250, False),
    ("open, direct call, 1 rule", lambda b: b["open.direct.1"] - b["open.bare"], 80, False),
    ("open, direct call, 1,000 inodes", lambda b: b["open.direct.1000"] - b["open.bare"], 80, False),
    ("open, direct call, 1,000,000 inodes",
     lambda b: b["open.direct.1000000"] - b["open.bare"], 80, False),
    ("open, direct call, 1,000 paths",
     lambda b: b["open.direct.path.1000"] - b["open.bare"], 80, False),
    ("open, kprobe, 1 rule", lambda b: b["open.kprobe.1"] - b["open.bare"], 260, False),
    ("open, cheaper than BPF LSM by",
     lambda b: b["open.bpf_lsm.hash"] - b["open.direct.1000000"], 1, True),
    ("a denied open, as a JSON line", lambda b: b["denied.json"], 9000, False),
    ("stat, nothing added", lambda b: abs(b["stat.direct"] - b["stat.bare"]), 5, False),
    ("getppid, nothing added", lambda b: abs(b["getppid.direct"] - b["getppid.bare"]), 5, False),
    ("an exit, wx=off", lambda b: b["wx.off.exit"] - b["wx.unloaded.exit"], 60, False),
    ("an exit, wx=detect", lambda b: b["wx.detect.exit"] - b["wx.off.exit"], 5, False),
    ("an exit, wx=enforce", lambda b: b["wx.enforce.exit"] - b["wx.off.exit"], 5, False),
    ("replay, lines a second", lambda b: b["replay.lines_per_s"], 2000000, True),
    ("replay with all detectors, lines a second",
     lambda b: b["replay.detect_lines_per_s"], 1500000, True),
    ("replay, KiB of memory", lambda b: b["replay.max_rss_kib"], 32 * 1024, False),
    ("replay, lines lost", lambda b: b["replay.lines_lost"], 0, False),
]


def load(name):
    path = os.path.join(BUILD, name)
    try:
        with open(path) as f:
            return json.load(f)
    except (OSError, ValueError) as e:
        sys.exit(f"report.py: {path}: {e}; run 'make bench' first")


def number(x):
    return f"{x:,.1f}" if isinstance(x, float) else f"{x:,}"


def row(bench, runs, base, name):
    value = bench.get(name)
    if value is None:
        return "not measured", "", "", ""
    spread = max(runs.get(name, [value])) - min(runs.get(name, [value]))
    if base is None:
        return number(value), "", "", number(spread)
    return number(value), f"{value - bench[base]:+,.1f}", f"{value / bench[base]:.3f}", number(spread)


def print_table(bench, runs):
    for title, base, rows in GROUPS:
        print(f"\n{title}")
        print(f"  {'':<34}{'value':>14}{'over bare':>12}{'ratio':>8}{'spread':>10}")
        for name, text in rows:
            known = base if base in bench else None
            value, over, ratio, spread = row(bench, runs, known, name)
            print(f"  {name:<34}{value:>14}{over:>12}{ratio:>8}{spread:>10}  {text}")


def judge(bench):
    missed = 0
    print("\nPromised")
    for text, get, bound, more in PROMISES:
        try:
            value = get(bench)
        except KeyError as e:
            print(f"  MISS  {text}: {e} was not measured")
            missed += 1
            continue
        good = value >= bound if more else value <= bound
        missed += not good
        sign = ">=" if more else "<="
        print(f"  {'pass' if good else 'MISS'}  {text}: {number(value)} (promised {sign} {bound:,})")
    return missed


def main():
    bench = load("bench.json")
    if sys.argv[1:] != ["--compare"]:
        if sys.argv[1:]:
            sys.exit("usage: report.py [--compare]")
        print_table(bench, load("bench-runs.json"))
    sys.exit(1 if judge(bench) else 0)


if __name__ == "__main__":
    main()
