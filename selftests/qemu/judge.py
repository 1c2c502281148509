# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a kernel log and finds what a healthy kernel does not say.

dmesg-allow.txt lists the noise that is known, each entry with its reason.
"""
import os
import re

COMPLAINTS = re.compile("|".join((
    r"WARNING:", r"\bBUG\b", r"\bOops\b", r"Kernel panic", r"Call Trace:",
    r"KASAN", r"UBSAN", r"KCSAN:", r"KFENCE:", r"ODEBUG", r"DEBUG_LOCKS_WARN",
    r"INFO: (task|rcu|trying|lockdep|Object|Slab)", r"rcu:? .*(stall|starved)",
    r"possible (circular|recursive|irq) lock", r"inconsistent lock state",
    r"suspicious RCU", r"bad unlock balance", r"held lock freed",
    r"sleeping function called", r"scheduling while atomic",
    r"lock held when returning", r"refcount_t:", r"list_(add|del) corruption",
    r"general protection fault", r"unable to handle", r"invalid opcode",
    r"divide error", r"stack guard page", r"stack-protector:",
    r"soft lockup", r"hard LOCKUP", r"workqueue lockup", r"hung_task:",
    r"Bad page (state|map)",
    r"kmemleak: .*new suspected",
    r"unreferenced object", r"Out of memory", r"page allocation failure",
    r"oom-killer", r"percpu ref.*atomic", r"not properly aligned",
    r"trap (invalid|divide)", r"segfault at", r"general protection ip",
    r"usercopy:", r"detected buffer overflow", r"unpatched return thunk",
    r"ftrace bug", r"ftrace failed", r"kprobe.*(fail|disabled)",
    r"Unknown symbol", r"disagrees about version", r"missing .*ibt",
)))


def load_allowed(path, tag):
    """Lines of KERNEL<tab>REGEX<tab>REASON; KERNEL is a tag or '*'."""
    allowed = []
    if not os.path.exists(path):
        return allowed
    with open(path) as f:
        for number, line in enumerate(f, 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = [x for x in line.rstrip("\n").split("\t") if x]
            if len(fields) != 3:
                raise ValueError(f"{path}:{number}: want KERNEL<tab>REGEX<tab>REASON")
            if fields[0] in ("*", tag):
                allowed.append(re.compile(fields[1]))
    return allowed


def complaints(text, allowed, context=12):
    """Excerpts of the log, each starting at a line that complains."""
    lines = text.splitlines()
    found, skip_to = [], 0
    for i, line in enumerate(lines):
        if i < skip_to or not COMPLAINTS.search(line):
            continue
        if any(a.search(line) for a in allowed):
            continue
        found.append("\n".join(lines[max(0, i - 2):i + context]))
        skip_to = i + context
    return found
