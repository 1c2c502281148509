#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Validates JSON Lines against a JSON Schema, line by line.

usage: validate_jsonl.py SCHEMA FILE...

Every line must be UTF-8, end with a newline, hold one JSON object without
duplicate keys and satisfy the schema. Says which line does not, and why, ten
times at most.
"""
import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit("python3-jsonschema is missing: apt install python3-jsonschema")


def no_duplicates(pairs):
    keys = [k for k, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key comes twice")
    return dict(pairs)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    # oneOf over all kinds is slow: pick the kind by "type" first.
    whole = jsonschema.Draft202012Validator(schema)
    kinds = {}
    for name, d in schema["$defs"].items():
        kind = d.get("properties", {}).get("type", {}).get("const")
        if kind:
            kinds.setdefault(kind, []).append(name)
    fast = {
        kind: jsonschema.Draft202012Validator(
            {"$ref": f"#/$defs/{names[0]}", "$defs": schema["$defs"]})
        for kind, names in kinds.items() if len(names) == 1
    }
    bad = lines = 0
    for path in sys.argv[2:]:
        with open(path, "rb") as f:
            for nr, raw in enumerate(f, 1):
                lines += 1
                try:
                    if not raw.endswith(b"\n"):
                        raise ValueError("no newline at the end")
                    event = json.loads(raw.decode("utf-8"), object_pairs_hook=no_duplicates)
                    fast.get(event.get("type"), whole).validate(event)
                except (ValueError, AttributeError, jsonschema.ValidationError) as e:
                    bad += 1
                    if bad <= 10:
                        print(f"{path}:{nr}: {getattr(e, 'message', e)}", file=sys.stderr)
    print(f"{lines} lines, {bad} not valid")
    return 1 if bad or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
