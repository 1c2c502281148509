# SPDX-License-Identifier: GPL-2.0-or-later
"""A test is one file, selftests/AREA/t_NAME.sh, that prints TAP. It says in
comment lines at its top, "# key: value", what it needs:

  layer:    2 KUnit, 3 selftests (default), 4 end to end; the order of the report
  runs:     guest (default): by busybox sh in a test machine, as root, in /t,
            beside its files and tap.sh, KERNEL holding the tag;
            host: by sh outside, in the top directory, with KERNEL, RUN (run.py)
            and TIMEOUT (of its machine) set; for tests that watch a machine
            from outside
  kernels:  tags it runs on (default "6.1 6.12 newest debug")
  files:    to bring along, from the top, SRC or SRC:DST as for run.py -f;
            {k} is the kernel's tag, {o} is arm64/ for kernels of that and else
            nothing, {cache} the cache, a trailing ? means only if it exists
  modules:  further modules of the kernel, for modprobe; a trailing ? as for files
  smp, mem, append, icount: yes
  parallel: yes: CPUs on threads of their own, for races that need them; not
            with KVM guests or hooks that come and go (docs/BUILDING.md says why)
  timeout:  seconds after which it hangs (default 600; four times that on the
            debug kernel): for a busy machine, not for how long it takes;
            AHV_PATIENCE=N multiplies it, for a long run
  hangs:    yes: a real guest runs in it, which QEMU may bring to a stop: when it
            hangs it is run once more (docs/BUILDING.md says why)
  kmemleak: yes: on the debug kernel a second run looks for leaks

Environment variables named AHV_* reach the machine: AHV_LIVES, AHV_LOADS,
AHV_RELOADS, AHV_FUZZ_COUNT, AHV_FUZZ_SEED, AHV_VMS, AHV_TORTURE_RECORDS and
AHV_FAULT_STEP say how much is done.
"""
import glob
import os
import re

from run import CACHE

DEFAULTS = {"layer": "3", "runs": "guest", "kernels": "6.1 6.12 newest debug",
            "files": "", "modules": "", "smp": "2", "mem": "1024",
            "timeout": "600", "append": "", "icount": "no", "parallel": "no", "kmemleak": "no",
            "hangs": "no"}


class TestFile:
    def __init__(self, path, top):
        self.path = path
        self.name = os.path.relpath(path, f"{top}/selftests")[:-len(".sh")]
        self.keys = dict(DEFAULTS)
        with open(path) as f:
            for line in f:
                if not line.startswith("#"):
                    break
                m = re.match(r"# ([a-z]+): +(.*)$", line)
                if m:
                    self._set(m[1], m[2].strip())
        self.layer = int(self["layer"])
        self.kernels = self["kernels"].split()

    def _set(self, key, value):
        if key not in DEFAULTS:
            raise ValueError(f"{self.path}: unknown key '{key}'; known: {' '.join(DEFAULTS)}")
        self.keys[key] = value

    def __getitem__(self, key):
        return self.keys[key]

    def timeout(self, kernel):
        patience = int(os.environ.get("AHV_PATIENCE", "1"))
        return int(self["timeout"]) * patience * (4 if kernel == "debug" else 1)

    def files(self, kernel, top):
        text = self["files"].replace("{k}", kernel).replace("{cache}", CACHE)
        text = text.replace("{o}", "arm64/" if kernel.endswith("-arm64") else "")
        for name in text.split():
            optional = name.endswith("?")
            name = name.rstrip("?")
            src = os.path.join(top, name.split(":")[0])
            if not optional or os.path.exists(src):
                yield os.path.join(top, name)

    def machine_args(self, kernel, top):
        """Arguments of run.py for this test."""
        args = ["-k", kernel, "--smp", self["smp"], "--mem", self["mem"],
                "--timeout", str(self.timeout(kernel))]
        if self["append"]:
            args += ["--append", self["append"]]
        for flag in ("icount", "parallel"):
            if self[flag] == "yes":
                args += [f"--{flag}"]
        for m in self["modules"].split():
            args += ["-m", m]
        for f in [self.path, f"{top}/selftests/tap.sh", *self.files(kernel, top)]:
            args += ["-f", f]
        return args


def find(top):
    """All tests, by layer and name."""
    tests = [TestFile(p, top) for p in glob.glob(f"{top}/selftests/*/t_*.sh")]
    return sorted(tests, key=lambda t: (t.layer, t.name))
