#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks that a stream of events has no hole that it does not tell itself.

usage: check_stream.py FILE...

Reads JSON Lines in order. On each CPU the sequence numbers must follow each
other, LOST lines counting for what they lost. Prints one JSON object: events
and losses, exits by VM and reason, faults by VM and access.
"""
import collections
import json
import sys


def main():
    following = {}
    holes = []
    events = collections.Counter()
    lost = collections.Counter()
    exits = collections.defaultdict(collections.Counter)
    faults = collections.defaultdict(collections.Counter)
    for path in sys.argv[1:]:
        for nr, line in enumerate(open(path, encoding="utf-8"), 1):
            e = json.loads(line)
            if e["type"] == "lost":
                lost[e["source"]] += e["count"]
            else:
                events[e["type"]] += 1
            if e["type"] == "exit":
                exits[e["vm_id"]][e["reason"]] += 1
            if e["type"] == "fault":
                faults[e["vm_id"]][e["ept"]["access"]] += 1
            if "problem" in e:
                holes.append(f"{path}:{nr}: {e['problem']}")
            if "seq" not in e:
                continue
            cpu, step = e["cpu"], e["count"] if e["type"] == "lost" else 1
            if following.setdefault(cpu, e["seq"]) != e["seq"]:
                holes.append(f"{path}:{nr}: CPU {cpu}: {following[cpu]} expected, {e['seq']} found")
            following[cpu] = e["seq"] + step
    json.dump({"events": events, "lost": lost, "exits": exits, "faults": faults,
               "holes": holes[:10]}, sys.stdout)
    print()
    return 1 if holes or not events else 0


if __name__ == "__main__":
    sys.exit(main())
