#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares uapi/ipsec.yaml with uapi/linux/if_ipsec.h, both ways.

Every constant that the spec stands for must be in the header with its value,
and every constant of the header must be in the spec; the types that the
header's comments name must be the spec's types; the texts of the drop reasons
must be the same.  Both files are given or found beside this one.
"""
import os
import re
import sys

try:
    import yaml
except ImportError:
    sys.exit("python3-yaml is missing (apt-get install python3-yaml)")

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
ANONYMOUS = "IFIPSEC_DROPS_A_"      # the header has no names for these
failed = False


def check(name, differences):
    """One line for a check; it is good without differences."""
    global failed
    if differences:
        failed = True
        print(f"not ok - {name}: " + "; ".join(sorted(differences)))
    else:
        print(f"ok - {name}")


def upper(*words):
    return "".join(words).upper().replace("-", "_")


# --- the header -----------------------------------------------------------

def header_enum_entries(body):
    """(name, value) of one enum's body, without its comments."""
    value = -1
    for entry in re.sub(r"/\*.*?\*/", "", body, flags=re.S).split(","):
        name, _, number = entry.strip().partition("=")
        if not name:
            continue
        value = int(number, 0) if number.strip() else value + 1
        yield name.strip(), value


def header_drops(text):
    """(name, text) of each drop reason, in order."""
    return re.findall(r'_\([A-Z0-9_]+, (\w+), \w+,\s*\\\s*"([^"]*)"\)', text)


def header_constants(text):
    """Every IFIPSEC_ constant: enum entries, limits, flags."""
    constants = {}
    for body in re.findall(r"^enum\b[^{;]*\{(.*?)^\}", text, re.S | re.M):
        if "IFIPSEC_DROPS(" in body or "IFLA_" in body:
            continue
        constants.update(header_enum_entries(body))
    for i, (name, _) in enumerate(header_drops(text)):
        constants["IFIPSEC_DROP_" + name.upper()] = i
    for name, value in re.findall(
            r"^#define (IFIPSEC_\w+)\s+(0x[0-9a-f]+|\d+|\(1U << \d+\)|\"\w+\")",
            text, re.M):
        shift = re.match(r"\(1U << (\d+)\)", value)
        if value.startswith('"'):
            constants[name] = value.strip('"')
        else:
            constants[name] = 1 << int(shift[1]) if shift else int(value, 0)
    return {name: value for name, value in constants.items()
            if not name.endswith("_UNSPEC") and not name.startswith("__")}


def header_types(text):
    """The type that the comment beside each attribute begins with."""
    pattern = (r"^\t(IFIPSEC_\w*A_\w+),\s*/\* "
               r"(string|flag|binary|nest|s32|u8|u16|u32|u64|be32|4 or 16)\b")
    types = dict(re.findall(pattern, text, re.M))
    return {name: "binary" if kind == "4 or 16" else kind
            for name, kind in types.items()}


# --- the spec -------------------------------------------------------------

def entry_name(entry):
    return entry if isinstance(entry, str) else entry["name"]


def spec_definition(definition):
    prefix = definition.get("name-prefix", "")
    if definition["type"] == "const":
        yield upper(prefix, definition["name"]), definition["value"]
        return
    value = definition.get("value-start", 0) - 1
    for entry in definition["entries"]:
        value += 1
        if isinstance(entry, dict):
            value = entry.get("value", value)
        number = 1 << value if definition["type"] == "flags" else value
        yield upper(prefix, entry_name(entry)), number


def spec_numbered(prefix, entries):
    """Attributes or operations: they count from 1."""
    value = 0
    for entry in entries:
        value = entry.get("value", value + 1)
        yield upper(prefix, entry["name"]), value


def spec_constants(spec):
    constants = {
        upper(spec["c-family-name"]): spec["name"],
        upper(spec["c-version-name"]): spec.get("version", 1),
    }
    for group in spec["mcast-groups"]["list"]:
        constants[upper(group["c-define-name"])] = group["name"]
    for definition in spec["definitions"]:
        if "header" not in definition:
            constants.update(spec_definition(definition))
    for space in spec["attribute-sets"]:
        if upper(space["name-prefix"]) != ANONYMOUS:
            constants.update(spec_numbered(space["name-prefix"],
                                           space["attributes"]))
    operations = spec["operations"]
    constants.update(spec_numbered(operations["name-prefix"],
                                   operations["list"]))
    return constants


def spec_types(spec):
    types = {}
    for space in spec["attribute-sets"]:
        for attr in space["attributes"]:
            kind = attr["type"]
            if attr.get("byte-order") == "big-endian":
                kind = "be" + kind[1:]
            types[upper(space["name-prefix"], attr["name"])] = kind
    return types


# --- the comparison -------------------------------------------------------

def compare(want, got):
    """Differences between two dictionaries; want is the header's."""
    differences = [f"{name} is not in the spec" for name in want
                   if name not in got]
    differences += [f"{name} is not in the header" for name in got
                    if name not in want]
    differences += [f"{name} is {want[name]} in the header, {got[name]} in the spec"
                    for name in want if name in got and want[name] != got[name]]
    return differences


def compare_types(header, spec):
    have = spec_types(spec)
    named = header_types(header)
    differences = [f"{name} is {kind} in the header, {have.get(name)} in the spec"
                   for name, kind in named.items() if have.get(name) != kind]
    silent = {name for name, kind in have.items()
              if kind != "pad" and name not in named
              and not name.startswith(ANONYMOUS)}
    # nests that the header describes without the word
    silent -= {"IFIPSEC_SELECTORS_A_ITEM"}
    return differences + [f"the header names no type for {name}"
                          for name in silent]


def compare_drops(header, spec):
    want = header_drops(header)
    enum = next(d for d in spec["definitions"] if d["name"] == "drop")
    attrs = next(s for s in spec["attribute-sets"] if s["name"] == "drops")
    texts = [(e["name"].replace("-", "_"), e["doc"]) for e in enum["entries"]]
    names = [a["name"].replace("-", "_") for a in attrs["attributes"]]
    differences = []
    if texts != want:
        differences.append(f"reasons or texts differ: {set(texts) ^ set(want)}")
    if names != [name for name, _ in want]:
        differences.append("the attributes are not the reasons, in order")
    return differences


def compare_references(spec):
    """Names that the spec uses must be names that it defines."""
    spaces = {s["name"]: s for s in spec["attribute-sets"]}
    enums = {d["name"] for d in spec["definitions"]}
    top = {a["name"] for a in spaces["ipsec"]["attributes"]}
    operations = {o["name"] for o in spec["operations"]["list"]}
    groups = {g["name"] for g in spec["mcast-groups"]["list"]}
    differences = []
    for space in spaces.values():
        for attr in space["attributes"]:
            if attr.get("nested-attributes", "dev") not in spaces:
                differences.append(f"no space {attr['nested-attributes']}")
            if attr.get("enum", "dir") not in enums:
                differences.append(f"no enum {attr['enum']}")
    for operation in spec["operations"]["list"]:
        if operation.get("notify", "dev-get") not in operations:
            differences.append(f"no operation {operation['notify']}")
        if operation.get("mcgrp", "events") not in groups:
            differences.append(f"no group {operation['mcgrp']}")
        parts = [operation.get("event", {})]
        for call in ("do", "dump"):
            parts += operation.get(call, {}).values()
        for part in parts:
            differences += [f"{operation['name']}: no attribute {name}"
                            for name in part.get("attributes", [])
                            if name not in top]
    return differences


def main():
    paths = sys.argv[1:3] or [os.path.join(TOP, "uapi/linux/if_ipsec.h"),
                              os.path.join(TOP, "uapi/ipsec.yaml")]
    with open(paths[0], encoding="utf-8") as file:
        header = file.read()
    with open(paths[1], encoding="utf-8") as file:
        spec = yaml.safe_load(file)

    constants = header_constants(header)
    check("the header was understood",
          [] if len(constants) > 160 else [f"only {len(constants)} constants"])
    check("spec and header have the same constants",
          compare(constants, spec_constants(spec)))
    check("spec and header have the same types", compare_types(header, spec))
    check("spec and header have the same drop reasons",
          compare_drops(header, spec))
    check("the spec is whole", compare_references(spec))
    return failed


if __name__ == "__main__":
    sys.exit(main())
