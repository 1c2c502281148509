#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the benchmark and writes build/bench.json, an object of "name": number.

Names without a unit are instructions, counted by QEMU: the least of the runs.
replay.* and jsonl.* are measured on this machine, in seconds that one CPU was
busy. All runs are kept in build/bench-runs.json.

usage: bench.py [--only guest|open|wx|replay]
"""
import argparse
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(HERE)
BUILD = os.path.join(TOP, "build")
LINES = 2000000
RUNS = 3
SAMPLES = ["svm-6.1.txt", "svm-6.12.txt"]

sys.path.insert(0, f"{TOP}/selftests/qemu")
import run as qemu_run  # noqa: E402


class Failed(Exception):
    pass


def call(cmd, what):
    if subprocess.run(cmd, cwd=TOP, stdin=subprocess.DEVNULL).returncode:
        raise Failed(f"{what} failed: {' '.join(cmd)}")


def run_machine(name, script, files, *more):
    """A script of ours in a machine that counts instructions: {name: [value, ...]}."""
    cmd = ["selftests/qemu/run.py", "-k", "6.1", "--icount", "--timeout", "3000", "-n", name, *more]
    for f in [f"bench/{script}", "build/6.1/aegishv.ko", "build/shim/aegishv", *files]:
        cmd += ["-f", f]
    call(cmd + ["--", f"sh ./{script}"], "the run in QEMU")
    with open(f"{BUILD}/run/{name}/share/results") as f:
        return {w[0]: [float(x) for x in w[1:]] for w in map(str.split, f)}


def run_guest():
    """VM exits."""
    call(["selftests/qemu/modules.sh", "6.1"], "building the module")
    call(["make", "-s", "-C", "selftests/vmm", f"O={BUILD}/vmm"], "building aegishv-vmm")
    return run_machine("bench", "guest.sh", ["build/vmm/aegishv-vmm", "build/vmm/ahvctl", "bench/detect.conf"])


def run_open():
    """Opening files, and the peers that do as well."""
    call(["selftests/qemu/modules.sh", "6.1"], "building the module")
    call(["selftests/qemu/test-modules.sh", "6.1"], "building the peer's module")
    for area in ("netlink", "lsm"):
        call(["make", "-s", "-C", f"selftests/{area}", f"O={BUILD}/{area}"], "building the programs")
    files = [f"build/lsm/{p}" for p in ("ahvrule", "ahvopen", "ahvfan", "ahvbpf", "file.bpf.o",
                                        "6.1/ahv_kretprobe.ko")]
    return run_machine("bench-open", "guest_open.sh", ["build/netlink/nltool", *files],
                       "--mem", "1536")


def run_wx():
    """W^X, with bare guests and a real one."""
    call(["selftests/qemu/modules.sh", "6.1"], "building the module")
    call(["make", "-s", "-C", "selftests/vmm", f"O={BUILD}/vmm"], "building the guests")
    files = ["build/vmm/aegishv-vmm", "build/vmm/ahvctl", "build/vmm/guest-cc.gz",
             f"{qemu_run.CACHE}/6.1/vmlinuz"]
    return run_machine("bench-wx", "guest_wx.sh", files, "--mem", "2048")


def replay(args):
    """Runs aegishv on one CPU; returns (busy seconds, peak KiB, what it said)."""
    cmd = [f"{BUILD}/shim/aegishv", "run", "--listen", "none", "--replay", *args]
    cpu = min(os.sched_getaffinity(0))
    child = subprocess.Popen(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
    text = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise Failed(f"{' '.join(cmd)}: status {child.returncode}\n{text}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss, text


def lines_lost(said, path):
    """Lines that neither became a record nor are known to be something else."""
    m = re.search(r": (\d+) lines: (\d+) records, (\d+) other events, (\d+) comments, "
                  r"(\d+) unreadable", said)
    if not m:
        raise Failed(f"aegishv did not say what it read:\n{said}")
    lines, records, other, comments, _ = map(int, m.groups())
    with open(path, "rb") as f:
        written = sum(chunk.count(b"\n") for chunk in iter(lambda: f.read(1 << 20), b""))
    lost = abs(LINES - lines) + lines - records - other - comments
    return lost + abs(records - written), written


def run_replay():
    """Throughput on this machine: {name: [value, ...]}."""
    trace, out = f"{BUILD}/bench-trace.txt", f"{BUILD}/bench-events.jsonl"
    call([sys.executable, f"{HERE}/extend.py", str(LINES), trace]
         + [f"{HERE}/traces/{s}" for s in SAMPLES], "making the trace")
    values = {n: [] for n in ("replay.lines_per_s", "replay.metrics_only_lines_per_s",
                              "replay.max_rss_kib", "replay.lines_lost", "jsonl.events_per_s",
                              "replay.detect_lines_per_s")}
    try:
        for _ in range(RUNS):
            open(out, "w").close()
            busy, rss, said = replay([trace, "--jsonl", out])
            lost, written = lines_lost(said, out)
            values["replay.lines_per_s"].append(round(LINES / busy))
            values["jsonl.events_per_s"].append(round(written / busy))
            values["replay.max_rss_kib"].append(rss)
            values["replay.lines_lost"].append(lost)
            busy, _, _ = replay([trace])
            values["replay.metrics_only_lines_per_s"].append(round(LINES / busy))
            open(out, "w").close()
            busy, _, _ = replay([trace, "--jsonl", out, "--rules", f"{HERE}/detect.conf"])
            values["replay.detect_lines_per_s"].append(round(LINES / busy))
    finally:
        for path in (trace, out):
            if os.path.exists(path):
                os.unlink(path)
    return values


def best(name, values):
    """Rates: the highest; memory and losses: the worst; instructions: the least."""
    if name.endswith("_per_s") or name in ("replay.max_rss_kib", "replay.lines_lost"):
        return max(values)
    return min(values)


def load(path):
    try:
        with open(path) as f:
            return json.load(f)
    except FileNotFoundError:
        return {}


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--only", choices=["guest", "open", "wx", "replay"],
                   help="measure this part; the others keep their last numbers")
    args = p.parse_args()
    os.makedirs(BUILD, exist_ok=True)
    runs_path = f"{BUILD}/bench-runs.json"
    runs = load(runs_path) if args.only else {}
    try:
        call(["make", "-s", "-C", "shim"], "building aegishv")
        for part, measure in (("replay", run_replay), ("guest", run_guest), ("open", run_open),
                              ("wx", run_wx)):
            if args.only in (None, part):
                runs.update(measure())
    except Failed as e:
        sys.exit(f"bench.py: {e}")
    for path, data in ((runs_path, runs),
                       (f"{BUILD}/bench.json", {n: best(n, v) for n, v in runs.items()})):
        with open(path, "w") as f:
            json.dump(data, f, indent=1, sort_keys=True)
            f.write("\n")


if __name__ == "__main__":
    main()
