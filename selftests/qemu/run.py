#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots a kernel of the cache in QEMU (TCG) and runs one command in it.

The command runs in /t, where the files given with -f are, as root, with
/share being share/ of the run's directory outside (build/run/NAME). Its output
is shown as it comes. Exit status: the command's, or 1 when the kernel
complained in its log, 124 on timeout, 125 when the machine died or never
started, 2 on wrong usage.

  run.py -k 6.1 -f build/6.1/aegishv.ko -- 'insmod aegishv.ko && dmesg | tail'
"""
import argparse
import ctypes
import fcntl
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import initramfs
import judge

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CACHE = os.environ.get("AEGISHV_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "aegishv")
MODULES = ["9p", "9pnet_virtio", "virtio_pci"]
# no_timer_check: on a busy machine the emulated timer may be late at boot, and
# the kernel panics for want of one
APPEND = ("panic=-1 oops=panic no_timer_check log_buf_len=8M "
          "rcupdate.rcu_cpu_stall_timeout=120 random.trust_cpu=on")
# ACPI's interrupt routing is a long loop in AML: under KASAN on a busy machine
# it runs into the interpreter's limit of 30 s. A sixth of its time went to
# thunks against a flaw of processors that an emulated one does not have.
KERNEL_APPEND = {"debug": "pci=noacpi mitigations=off"}
TIMEOUT, DIED = 124, 125


class Machine:
    """What QEMU emulates for a kernel; both have KVM of their own."""

    def __init__(self, tag):
        self.arm64 = tag.endswith("-arm64")
        self.qemu = "qemu-system-aarch64" if self.arm64 else "qemu-system-x86_64"
        self.args = ["-M", "virt,virtualization=on,gic-version=3"] if self.arm64 else []
        self.cpu = "max,pauth-impdef=on" if self.arm64 else "EPYC,+svm,+npt"
        self.console = "ttyAMA0" if self.arm64 else "ttyS0"
        self.modules = MODULES + ([] if self.arm64 else ["kvm", "kvm_amd"])

    def busybox(self, kernel):
        return f"{kernel}/busybox" if self.arm64 else shutil.which("busybox") or "/bin/busybox"


def parse(argv):
    p = argparse.ArgumentParser(
        prog="run.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-k", "--kernel", default="6.1", metavar="TAG",
                   help="6.1, 6.12, newest, 6.12-arm64 or debug (default 6.1)")
    p.add_argument("-n", "--name", help="name of the run's directory below build/run")
    p.add_argument("-f", "--file", action="append", default=[], metavar="SRC[:DST]",
                   help="file or directory to bring along, libraries included; to /t without DST")
    p.add_argument("-m", "--module", action="append", default=[],
                   help="further module of the kernel, with what it depends on, for modprobe")
    p.add_argument("--smp", type=int, default=2)
    p.add_argument("--parallel", action="store_true",
                   help="CPUs on threads of their own; see docs/BUILDING.md for when not to")
    p.add_argument("--mem", type=int, default=1024, metavar="MIB")
    p.add_argument("--timeout", type=int, default=300, metavar="SECONDS")
    p.add_argument("--cpu", help="what QEMU calls it (default: one with virtualization)")
    p.add_argument("--append", default="", help="more for the kernel's command line")
    p.add_argument("--icount", action="store_true",
                   help="one CPU that counts instructions: 1 ns of guest time is 1 instruction")
    p.add_argument("--hostfwd", action="append", default=[], metavar="HOSTPORT:GUESTPORT",
                   help="user network with this TCP port of 127.0.0.1 forwarded")
    p.add_argument("--kmemleak", action="store_true",
                   help="debug kernel: look for leaks after the command; a leak fails the run")
    p.add_argument("--shell", action="store_true", help="a shell on this terminal; no command")
    p.add_argument("--tty", action="store_true",
                   help="the command's terminal is this one; its output goes nowhere else")
    p.add_argument("-q", "--quiet", action="store_true", help="do not show the command's output")
    p.add_argument("command", nargs="*", help="for the machine's shell (after --)")
    args = p.parse_args(argv)
    if bool(args.command) == args.shell:
        p.error("give a command after --, or --shell")
    args.command = "exec sh" if args.shell else " ".join(args.command)
    args.tty |= args.shell
    return args


def kernel_dir(tag):
    d = os.path.join(CACHE, tag)
    if not os.path.exists(f"{d}/vmlinuz"):
        way = "debug-kernel.sh" if tag == "debug" else f"fetch.sh {tag}"
        raise initramfs.Error(f"no kernel '{tag}' in {CACHE}; run selftests/qemu/{way}")
    return d


def claim_dir(name):
    """An empty directory of our own; its lock is held until we end."""
    base = os.path.join(TOP, "build", "run")
    os.makedirs(base, exist_ok=True)
    for candidate in [name] if name else (f"run{i}" for i in range(1, 100)):
        lock = open(f"{base}/.{candidate}.lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        path = os.path.join(base, candidate)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(f"{path}/share")
        return path, lock
    raise initramfs.Error(f"build/run/{name or 'run*'} is in use by another run; give another -n NAME")


def make_initramfs(args, kernel, path):
    with open(f"{kernel}/release") as f:
        release = f.read().strip()
    files = [tuple(f.split(":", 1)) if ":" in f else (f, os.path.basename(f.rstrip("/")))
             for f in args.file]
    marks = [m for m, on in (("net", args.hostfwd), ("kmemleak", args.kmemleak),
                             ("tty", args.tty)) if on]
    # how much a test does is set from outside: AHV_LIVES=10000 and the like
    exports = "".join(f"export {k}={shlex.quote(v)}\n" for k, v in sorted(os.environ.items())
                      if k.startswith("AHV_"))
    for name, text in [("command", exports + args.command + "\n")] + [(m, "") for m in marks]:
        with open(f"{path}/{name}", "w") as f:
            f.write(text)
        files.append((f"{path}/{name}", f"/{name}"))
    machine = Machine(args.kernel)
    modules = machine.modules + args.module + (["virtio_net"] if args.hostfwd else [])
    with open(f"{HERE}/init.sh") as f:
        initramfs.build(f"{path}/initramfs", root=f"{kernel}/root", release=release,
                        modules=modules, files=files, init=f.read(), busybox=machine.busybox(kernel))


def qemu_command(args, kernel, path):
    machine = Machine(args.kernel)
    words = [f"console={machine.console}", APPEND, KERNEL_APPEND.get(args.kernel, ""), "loglevel=4" if args.tty else "loglevel=5",
             "kmemleak=on" if args.kmemleak else "", args.append]
    append = " ".join(w for w in words if w)
    cmd = [machine.qemu, *machine.args, "-nodefaults", "-display", "none", "-no-reboot",
           "-cpu", args.cpu or machine.cpu, "-m", str(args.mem), "-kernel", f"{kernel}/vmlinuz",
           "-initrd", f"{path}/initramfs", "-append", append,
           "-virtfs", "local,path=share,mount_tag=share,security_model=none,multidevs=remap",
           "-monitor", "unix:monitor,server,nowait"]
    if args.icount:
        cmd += ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-smp", "1"]
    else:
        thread = "multi" if args.parallel else "single"
        cmd += ["-accel", f"tcg,thread={thread}", "-smp", str(args.smp)]
    cmd += ["-serial", "mon:stdio" if args.tty else "file:console.log"]
    if args.tty:
        cmd[cmd.index("-monitor") + 1] = "none"
    if args.hostfwd:
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{h}-:{g}" for h, g in
                           (x.split(":") for x in args.hostfwd))
        cmd += ["-netdev", f"user,id=n{forwards}", "-device", "virtio-net-pci,netdev=n,romfile="]
    return cmd


def die_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


class Tail:
    """Copies what was added to a file since the last look to stdout."""

    def __init__(self, path, quiet):
        self.path, self.quiet, self.file = path, quiet, None

    def copy(self):
        if self.quiet:
            return
        if self.file is None and os.path.exists(self.path):
            self.file = open(self.path, "rb")
        if self.file:
            shutil.copyfileobj(self.file, sys.stdout.buffer)
            sys.stdout.flush()


def where_is_it(path):
    """Instruction pointers of a machine that hangs, from QEMU's monitor."""
    fd = os.open(path, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(2)
            s.connect(f"/proc/self/fd/{fd}/monitor")
            s.sendall(b"info registers -a\n")
            text = b""
            while text.count(b"(qemu)") < 2:
                text += s.recv(65536)
    except OSError:
        return []
    finally:
        os.close(fd)
    return [line.decode(errors="replace").strip() for line in text.splitlines()
            if line.startswith((b"CPU#", b"RIP=", b" PC="))]


def run_qemu(args, cmd, path):
    """Returns False on timeout."""
    with open(f"{path}/qemu.log", "w") as log:
        io = {} if args.tty else {"stdin": subprocess.DEVNULL, "stdout": log}
        proc = subprocess.Popen(cmd, cwd=path, stderr=log,
                                preexec_fn=die_with_parent, **io)
    tail = Tail(f"{path}/share/out", args.quiet)
    end = time.monotonic() + args.timeout
    try:
        while proc.poll() is None:
            if time.monotonic() > end and not args.tty:
                print(f"run.py: no end after {args.timeout} s; it was here:", file=sys.stderr)
                for line in where_is_it(path):
                    print("  " + line, file=sys.stderr)
                return False
            tail.copy()
            time.sleep(0.1)
    finally:
        if proc.poll() is None:
            proc.kill()
            proc.wait()
        tail.copy()
    return True


def read(path):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def last_lines(title, text, count=25):
    if text.strip():
        print(f"--- last lines of {title}", file=sys.stderr)
        print("\n".join(text.rstrip().splitlines()[-count:]), file=sys.stderr)


def verdict(args, path, in_time):
    share = f"{path}/share"
    finished = os.path.exists(f"{share}/done")
    console = read(f"{path}/console.log")
    log = read(f"{share}/dmesg") if finished else console
    allowed = judge.load_allowed(f"{HERE}/dmesg-allow.txt", args.kernel)
    bad = judge.complaints(log, allowed)
    leaks = read(f"{share}/kmemleak")
    for excerpt in bad:
        print(f"--- the kernel complained\n{excerpt}", file=sys.stderr)
    if leaks:
        print(f"--- kmemleak\n{leaks}", file=sys.stderr)
    if not finished:
        if "rig: cannot mount" in console:
            print("run.py: the shared directory could not be mounted in the machine", file=sys.stderr)
        elif in_time:
            print("run.py: the machine ended before the command did", file=sys.stderr)
        last_lines("the command's output", read(f"{share}/out"))
        last_lines("the console", console)
        last_lines("QEMU", read(f"{path}/qemu.log"))
        return DIED if in_time else TIMEOUT
    status = int(read(f"{share}/exit").strip() or DIED)
    return status or (1 if bad or leaks else 0)


def main():
    args = parse(sys.argv[1:])
    try:
        kernel = kernel_dir(args.kernel)
        path, _lock = claim_dir(args.name)
        make_initramfs(args, kernel, path)
        cmd = qemu_command(args, kernel, path)
        with open(f"{path}/qemu.cmd", "w") as f:
            f.write(shlex.join(cmd) + "\n")
        in_time = run_qemu(args, cmd, path)
        status = verdict(args, path, in_time)
    except KeyboardInterrupt:
        return 130
    except (initramfs.Error, OSError, ValueError) as e:
        print(f"run.py: {e}", file=sys.stderr)
        return DIED
    os.unlink(f"{path}/initramfs")
    if status:
        print(f"run.py: status {status}; all files are in {os.path.relpath(path)}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
