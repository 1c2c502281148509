#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a long trace out of the real lines in traces/: usage extend.py LINES OUT FILE...

Each pass over the files repeats every line as it is, only the time moves on, so
that it never goes back.
"""
import re
import sys

TIME = re.compile(rb"^(.{16,40}? \[\d+\] .{5,6} +)(\d+)\.(\d{6})(: .*\n)$")


def load(path):
    """(before the time, time in microseconds, after it) of each line, time from 0."""
    parts = []
    with open(path, "rb") as f:
        for n, line in enumerate(f, 1):
            m = TIME.match(line)
            if not m:
                sys.exit(f"extend.py: {path}:{n}: not a line of the kernel's trace: {line!r}")
            parts.append((m[1], int(m[2]) * 1000000 + int(m[3]), m[4]))
    start = min(p[1] for p in parts)
    return [(a, t - start, b) for a, t, b in parts]


def main():
    if len(sys.argv) < 4 or not sys.argv[1].isdigit():
        sys.exit("usage: extend.py LINES OUT FILE...")
    left, now = int(sys.argv[1]), 0
    samples = [load(path) for path in sys.argv[3:]]
    with open(sys.argv[2], "wb") as out:
        while left:
            for sample in samples:
                part = sample[:left]
                out.writelines(b"%b%d.%06d%b" % (a, (now + t) // 1000000, (now + t) % 1000000, b)
                               for a, t, b in part)
                now += max(t for _, t, _ in sample) + 1
                left -= len(part)
                if not left:
                    break


if __name__ == "__main__":
    main()
