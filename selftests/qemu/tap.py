# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads TAP and KTAP: results, plans, nesting, skips with their reason."""
import re

RESULT = re.compile(r"^( *)(not ok|ok)\b *(\d*) *(?:- )?(.*?)(?: *# *(SKIP|TODO)\b[ :]*(.*))?$",
                    re.IGNORECASE)
PLAN = re.compile(r"^( *)1\.\.(\d+)(?: *# *SKIP\b[ :]*(.*))?", re.IGNORECASE)


class Results:
    def __init__(self):
        self.passed = 0
        self.failed = []    # texts
        self.skipped = []   # (text, reason)
        self.problem = ""   # why the report itself cannot be believed

    def add(self, ok, text, directive, reason):
        if (directive or "").upper() == "SKIP":
            self.skipped.append((text, reason or "no reason given"))
        elif ok:
            self.passed += 1
        else:
            self.failed.append(text)


def close_levels(res, levels, indent):
    """Ends the subtests deeper than indent; true if there were results."""
    had = False
    for deeper in [i for i in levels if i > indent]:
        want, got = levels.pop(deeper)
        had = had or got > 0
        if want not in (None, got) and not res.problem:
            res.problem = f"{want} results were planned, {got} came"
    return had


def parse(text):
    """Leaves only: the line that sums up a subtest is not counted again."""
    res = Results()
    levels = {}     # indent: [planned or None, results so far]
    has_plan = False
    for line in text.splitlines():
        if line.startswith(("KTAP version", "TAP version")):
            close_levels(res, levels, -1)
        plan, m = PLAN.match(line), RESULT.match(line)
        if plan:
            has_plan = True
            levels.setdefault(len(plan[1]), [None, 0])[0] = int(plan[2])
            if plan[2] == "0":
                res.skipped.append(("all of it", plan[3] or "no reason given"))
        elif m:
            indent, ok = len(m[1]), m[2].lower() == "ok"
            sums_up = close_levels(res, levels, indent)
            levels.setdefault(indent, [None, 0])[1] += 1
            if not sums_up or (not ok and not res.failed):
                res.add(ok, m[4] or f"test {m[3]}", m[5], m[6])
    close_levels(res, levels, -1)
    if not has_plan:
        res.problem = "no plan (1..N) in the output"
    return res
