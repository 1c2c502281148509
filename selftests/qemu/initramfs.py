# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the test machine's initramfs: a newc cpio archive, not compressed
(TCG would spend longer unpacking it than reading it), with busybox, the kernel
modules asked for in dependency order, and files with the libraries they load.
"""
import os
import subprocess

BASE_DIRS = ("bin", "dev", "etc", "lib", "proc", "root", "run", "share", "sys",
             "t", "tmp", "var")


class Error(Exception):
    """Says the thing, the reason and the way out; shown as it is."""


class Cpio:
    """Collects entries; parents are made as needed, twice the same is once."""

    def __init__(self):
        self.chunks = []
        self.seen = set()

    def _entry(self, name, mode, data=b""):
        if name in self.seen:
            return
        self.seen.add(name)
        if "/" in name:
            self.mkdir(os.path.dirname(name))
        raw = name.encode() + b"\0"
        fields = (len(self.seen), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
                  len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + raw
        self.chunks += [head, b"\0" * (-len(head) % 4),
                        data, b"\0" * (-len(data) % 4)]

    def mkdir(self, name):
        if name:
            self._entry(name, 0o040755)

    def symlink(self, name, target):
        self._entry(name, 0o120777, target.encode())

    def data(self, name, data, mode=0o644):
        self._entry(name, 0o100000 | mode, data)

    def file(self, name, path):
        with open(path, "rb") as f:
            self.data(name, f.read(), os.stat(path).st_mode & 0o777)

    def write(self, path):
        self._entry("TRAILER!!!", 0)
        with open(path, "wb") as f:
            f.writelines(self.chunks)


def module_name(path):
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def add_modules(cpio, root, release, wanted):
    """The modules named and all they depend on; what is built in is skipped, and
    what the kernel has not when it was named with a "?" behind."""
    base = f"lib/modules/{release}"
    host = os.path.join(root, base)
    with open(f"{host}/modules.builtin") as f:
        builtin = {module_name(line.strip()) for line in f}
    deps = {}
    with open(f"{host}/modules.dep") as f:
        for line in f:
            path, _, rest = line.partition(":")
            deps[module_name(path)] = (path, rest.split())
    lines = {}
    todo = [w.replace("-", "_") for w in wanted]
    while todo:
        name = todo.pop()
        optional = name.endswith("?")
        name = name.rstrip("?")
        if name in builtin or name in lines or (optional and name not in deps):
            continue
        if name not in deps:
            raise Error(f"kernel {release} has no module {name}")
        path, needs = deps[name]
        cpio.file(f"{base}/{path}", f"{host}/{path}")
        lines[name] = f"{path}: {' '.join(needs)}\n"
        todo += [module_name(n) for n in needs]
    cpio.data(f"{base}/modules.dep", "".join(lines.values()).encode())


def is_elf(path):
    with open(path, "rb") as f:
        return f.read(4) == b"\x7fELF"


def libraries(path):
    """Absolute paths of the shared objects that the loader would open."""
    env = dict(os.environ, LC_ALL="C")
    out = subprocess.run(["ldd", path], capture_output=True, text=True,
                         env=env).stdout
    for line in out.splitlines():
        if "not found" in line:
            raise Error(f"{path} needs {line.split()[0]}, which is not installed")
        paths = [w for w in line.split() if w.startswith("/")]
        if paths:
            yield paths[0]


def add_file(cpio, src, dst):
    if os.path.isdir(src):
        for name in sorted(os.listdir(src)):
            add_file(cpio, os.path.join(src, name), f"{dst}/{name}")
        return
    if not os.path.isfile(src):
        raise Error(f"{src} does not exist; build it first or mend the path")
    cpio.file(dst, src)
    if is_elf(src) and not src.endswith((".ko", ".o")):
        for lib in libraries(src):
            cpio.file(lib.lstrip("/"), lib)


def build(path, *, root, release, modules, files, init, busybox):
    """files: (source, destination) pairs; a destination without '/' goes to /t."""
    cpio = Cpio()
    for d in BASE_DIRS:
        cpio.mkdir(d)
    cpio.symlink("lib64", "lib")
    cpio.symlink("sbin", "bin")
    cpio.symlink("usr", ".")
    cpio.file("bin/busybox", busybox)
    cpio.symlink("bin/sh", "busybox")
    cpio.data("init", init.encode(), 0o755)
    cpio.data("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"
              b"nobody:x:65534:65534:nobody:/:/bin/sh\n")
    cpio.data("etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    add_modules(cpio, root, release, modules)
    for src, dst in files:
        dst = dst.lstrip("/") if "/" in dst else f"t/{dst}"
        add_file(cpio, src, dst)
    cpio.write(path)
