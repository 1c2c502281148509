#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes docs/NETLINK.md from include/uapi/aegishv.yaml.

usage: netlink_doc.py SPEC.yaml >NETLINK.md
"""
import sys
import yaml


def text(obj):
    return " ".join(str(obj.get("doc", "")).split())


def limits(attr):
    return ", ".join(f"{k} {v}" for k, v in attr.get("checks", {}).items())


def attr_type(attr):
    name = attr.get("nested-attributes") or attr.get("enum") or ""
    many = ", may repeat" if attr.get("multi-attr") else ""
    return f"{attr['type']}{' ' + name if name else ''}{many}"


def names(part):
    return ", ".join(f"`{a}`" for a in part.get("attributes", [])) or "nothing"


def show_operation(op):
    print(f"### {op['name']}\n\n{text(op)}\n")
    if "notify" in op:
        print(f"- notification to group `{op['mcgrp']}`, with the attributes of `{op['notify']}`\n")
        return
    for kind in ("do", "dump"):
        if kind in op:
            print(f"- {kind}: takes {names(op[kind].get('request', {}))};"
                  f" gives {names(op[kind].get('reply', {}))}")
    print()


def show_attributes(group):
    print(f"### {group['name']}\n\n| attribute | type | limits | meaning |\n|---|---|---|---|")
    for a in group["attributes"]:
        if a["type"] != "pad":
            print(f"| `{a['name']}` | {attr_type(a)} | {limits(a)} | {text(a)} |")
    print()


def show_enum(enum):
    print(f"### {enum['name']}\n\n{text(enum)}\n\n| value | name | meaning |\n|---|---|---|")
    value = 0
    for e in enum["entries"]:
        value = e.get("value", value)
        print(f"| {value} | `{e['name']}` | {text(e)} |")
        value += 1
    print()


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        spec = yaml.safe_load(f)
    print(f"# The generic netlink family `{spec['name']}`\n")
    print("Generated from include/uapi/aegishv.yaml by `make regen`: change that.\n")
    print(text(spec) + "\n\n## Operations\n")
    for op in spec["operations"]["list"]:
        show_operation(op)
    print("## Attributes\n")
    for group in spec["attribute-sets"]:
        show_attributes(group)
    print("## Enumerations\n")
    for d in spec["definitions"]:
        if d["type"] == "enum":
            show_enum(d)


main()
