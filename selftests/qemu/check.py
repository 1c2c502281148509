#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs every layer of tests and ends with one line, "N passed, M failed, K skipped".

usage: check.py [--kernels "6.1 6.12"] [--only GLOB] [--machines N] [--list]

Layer 1 runs on this machine: the shim's unit tests, static checks, builds.
Layers 2 to 4 are the files selftests/*/t_*.sh (testfile.py says what they may
declare), each on every kernel it names, in a test machine of its own; as many
machines at a time as there are CPUs / 2 + 2, since they wait a third of their
time, or --machines. Logs are in build/check.
"""
import argparse
import concurrent.futures
import fcntl
import fnmatch
import glob
import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import tap
import testfile
from run import CACHE, TIMEOUT

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
LOGS = os.path.join(TOP, "build", "check")


class Tally:
    """What is told at the end."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add(self, name, results):
        self.passed += results.passed
        self.failed += [f"{name}: {x}" for x in results.failed]
        self.skipped += [f"{name}: {text}: {why}" for text, why in results.skipped]

    def report(self):
        if self.skipped:
            print("\nskipped:")
            print("\n".join(f"  {s}" for s in self.skipped))
        if self.failed:
            print("\nfailed:")
            print("\n".join(f"  {f}" for f in self.failed))
        print(f"\n{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped")
        return 1 if self.failed or not self.passed else 0


def log_path(name):
    return os.path.join(LOGS, name.replace("/", "-") + ".log")


def run(name, cmd, timeout, env=None):
    """Runs cmd with its output in a log; returns (status, output, seconds)."""
    start = time.monotonic()
    with open(log_path(name), "w+") as log:
        try:
            status = subprocess.run(cmd, cwd=TOP, stdout=log, stderr=subprocess.STDOUT,
                                    stdin=subprocess.DEVNULL, timeout=timeout,
                                    env={**os.environ, **(env or {})}).returncode
        except subprocess.TimeoutExpired:
            status = TIMEOUT
        log.seek(0)
        text = open(log_path(name), errors="replace").read()
    return status, text, time.monotonic() - start


def judge(text, status, wants_tap):
    """Turns output and exit status into results; none may contradict the other."""
    results = tap.parse(text) if wants_tap else tap.Results()
    if wants_tap and results.problem:
        results.failed.append(results.problem)
    if status and not results.failed:
        why = {TIMEOUT: "timeout"}.get(status, f"exit status {status}")
        results.failed.append(why)
    if not wants_tap and not status:
        results.passed = 1
    return results


def show(name, results, seconds, text):
    word = "FAIL" if results.failed else "ok" if results.passed else "skip"
    print(f"{word:4}  {name:<42} {results.passed:4} passed {len(results.failed):3} failed "
          f"{len(results.skipped):3} skipped {seconds:6.1f} s", flush=True)
    for what, why in results.skipped:
        print(f"        skipped: {what}: {why}")
    if results.failed:
        lines = text.rstrip().splitlines()
        print("\n".join(f"      | {x}" for x in lines[-60:]))
        print(f"      | all of it: {os.path.relpath(log_path(name), TOP)}", flush=True)


def step(name, cmd):
    status, text, seconds = run(name, cmd, 900)
    return name, judge(text, status, False), seconds, text


def tell(tally, name, results, seconds, text):
    tally.add(name, results)
    show(name, results, seconds, text)
    return not results.failed


def cmocka_tap(text):
    """cmocka numbers from 1 in each program and prints no nesting."""
    return len(re.findall(r"^ok ", text, re.M)), re.findall(r"^not ok \d+ - (.*)", text, re.M)


def unit_tests():
    name = "shim/unit"
    status, text, seconds = run(name, ["make", "-s", "-C", "shim", "check"], 1800,
                                {"CMOCKA_MESSAGE_OUTPUT": "TAP"})
    results = tap.Results()
    results.passed, results.failed = cmocka_tap(text)
    results.skipped = [(t, why or "no reason given") for t, why in
                       re.findall(r"^ok \d+ -? ?(.*?) *# *SKIP *(.*)$", text, re.M)]
    results.passed -= len(results.skipped)
    if status and not results.failed:
        results.failed.append(f"make -C shim check: exit status {status}")
    elif not results.passed and not results.failed:
        results.failed.append("no test ran")
    return name, results, seconds, text


def build_one(tally, name, cmd, *products):
    """A product that no longer builds is removed: no test may run an old one."""
    if not tell(tally, *step(name, cmd)):
        for p in products:
            if os.path.exists(f"{TOP}/build/{p}"):
                os.unlink(f"{TOP}/build/{p}")


def build(tally, kernels):
    if any(k.endswith("-arm64") for k in kernels):
        build_one(tally, "build/arm64", ["make", "-s", "-C", "selftests/arm64", f"O={TOP}/build/arm64"],
                  *(f"arm64/{p}" for p in ("guest", "counters", "bypass/bypass")))
    build_one(tally, "build/shim", ["make", "-s", "-C", "shim"], "shim/aegishv")
    build_one(tally, "build/vmm", ["make", "-s", "-C", "selftests/vmm", f"O={TOP}/build/vmm"],
              "vmm/aegishv-vmm")
    build_one(tally, "build/netlink", ["make", "-s", "-C", "selftests/netlink", f"O={TOP}/build/netlink"],
              *(f"netlink/{p}" for p in ("nltest", "nlfuzz", "nltool", "vmlives", "wxlives")))
    build_one(tally, "build/policy", ["make", "-s", "-C", "selftests/policy", f"O={TOP}/build/policy"],
              *(f"policy/{p}" for p in ("poltest", "poltool", "polswap")))
    build_one(tally, "build/ring", ["make", "-s", "-C", "selftests/ring", f"O={TOP}/build/ring"],
              "ring/ahv-ring")
    build_one(tally, "build/bypass", ["make", "-s", "-C", "selftests/bypass", f"O={TOP}/build/bypass"],
              *(f"bypass/{p}" for p in ("bypass", "respond", "deny", "hello", "hello-dynamic", "preload.so")))
    build_one(tally, "build/lsm", ["make", "-s", "-C", "selftests/lsm", f"O={TOP}/build/lsm"],
              *(f"lsm/{p}" for p in ("ahvrule", "ahvreload", "ahvfile", "ahvopen", "ahvfan", "ahvbpf", "file.bpf.o")))
    for k in kernels:
        build_one(tally, f"build/module-{k}", [f"{HERE}/modules.sh", k], f"{k}/aegishv.ko")
        build_one(tally, f"build/others-{k}", [f"{HERE}/test-modules.sh", k],
                  f"lsm/{k}/ahv_kretprobe.ko", f"lsm/{k}/ahv_livepatch.ko", f"wx/{k}/ahv_patch.ko")
        build_one(tally, f"build/kunit-{k}", [f"{HERE}/kunit.sh", k], f"kunit/{k}/aegishv_kunit.ko")


def host_jobs():
    yield unit_tests,
    for check in ("netlink", "checkpatch", "sparse", "targets"):
        yield step, f"lint/{check}", [f"{HERE}/lint.sh", check]


def run_test(test, kernel, leaks):
    """One test on one kernel; called from several threads."""
    name = f"{test.name}.{kernel}" + (".kmemleak" if leaks else "")
    if test["runs"] == "host":
        cmd = ["sh", test.path]
        env = {"KERNEL": kernel, "RUN": f"{HERE}/run.py", "TIMEOUT": str(test.timeout(kernel))}
    else:
        cmd = [f"{HERE}/run.py", "-n", name.replace("/", "-"), *test.machine_args(kernel, TOP)]
        cmd += ["--kmemleak"] if leaks else []
        cmd += ["--", f"KERNEL={kernel} sh ./{os.path.basename(test.path)}"]
        env = {}
    status, text, seconds = run(name, cmd, test.timeout(kernel) + 120, env)
    if status == TIMEOUT and test["hangs"] == "yes":
        os.replace(log_path(name), log_path(name + ".hung"))
        print(f"once more: {name} stood still, as a flaw of QEMU's may make it "
              f"(docs/BUILDING.md)", flush=True)
        status, text, seconds = run(name, cmd, test.timeout(kernel) + 120, env)
    return name, judge(text, status, True), seconds, text


def machine_jobs(tests, kernels):
    """The long search for leaks comes last."""
    for leaks in (False, True):
        for test in tests:
            for kernel in kernels:
                if kernel in test.kernels and \
                   (not leaks or (kernel == "debug" and test["kmemleak"] == "yes")):
                    yield run_test, test, kernel, leaks


def run_jobs(tally, jobs, at_once):
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(*job) for job in jobs]
        for done in concurrent.futures.as_completed(running):
            tell(tally, *done.result())


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kernels", default="6.1 6.12", help="tags, in one argument")
    p.add_argument("--only", metavar="GLOB",
                   help="only tests in machines whose name (AREA/t_NAME) fits; layer 1 only builds")
    p.add_argument("--machines", type=int, default=(os.cpu_count() or 1) // 2 + 2,
                   metavar="N", help="test machines at a time")
    p.add_argument("--list", action="store_true", help="name the tests and end")
    args = p.parse_args()
    os.environ["PATH"] = f"{CACHE}/tools:" + os.environ["PATH"]
    os.environ["MAKEFLAGS"] = f"-j{os.cpu_count() or 1}"
    kernels = args.kernels.split()
    try:
        tests = [t for t in testfile.find(TOP)
                 if not args.only or fnmatch.fnmatch(t.name, args.only)]
    except ValueError as e:
        p.error(str(e))
    if args.list:
        for t in tests:
            print(f"{t.layer}  {t.name:<40} {' '.join(t.kernels)}")
        return 0
    if not tests:
        p.error(f"no test is named like '{args.only}'; --list names them")
    os.makedirs(LOGS, exist_ok=True)
    lock = open(f"{LOGS}/.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        p.error("another check is running in this checkout")
    for old in glob.glob(f"{LOGS}/*.log"):
        os.unlink(old)
    tally = Tally()
    build(tally, kernels)
    jobs = [*([] if args.only else host_jobs()), *machine_jobs(tests, kernels)]
    run_jobs(tally, jobs, args.machines)
    return tally.report()


if __name__ == "__main__":
    sys.exit(main())
