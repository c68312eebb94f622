#!/usr/bin/env python3
"""Prints a compile_commands.json in which every source stands for itself, for tools other than GCC.

usage: single_sources.py BUILD/compile_commands.json

A build that compiles a dozen sources at a time (KIRCHHOFF_UNITY) names only the files that include
them; each gets the command of its dozen here. What GCC precompiled no other tool can read.
"""
import json
import os
import re
import sys


def sources_of(entry):
    file = os.path.join(entry["directory"], entry["file"])
    if os.path.basename(os.path.dirname(file)) != "Unity":
        return [entry["file"]]
    with open(file, encoding="utf-8") as unity:
        return re.findall(r'^#include "(.*)"$', unity.read(), re.MULTILINE)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        entries = json.load(file)
    single = []
    for entry in entries:
        command = re.sub(r" -include \S*cmake_pch\.hxx| -Winvalid-pch", "", entry["command"])
        for source in sources_of(entry):
            single.append({"directory": entry["directory"], "file": source,
                           "command": command.replace(entry["file"], source)})
    json.dump(single, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
