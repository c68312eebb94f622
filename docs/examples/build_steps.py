#!/usr/bin/env python3
"""Prints the ten longest steps of a build by Ninja, as shares of all steps' time.

usage: build_steps.py BUILD

The times are those between begin and end of a step, in the last build of each: for shares that mean
something the folder was built at once, without ccache.
"""
import os
import re
import sys


def steps(build):
    times = {}
    with open(os.path.join(build, ".ninja_log"), encoding="utf-8") as log:
        for line in log:
            if line.startswith("#"):
                continue
            begin, end, _, output, _ = line.rstrip("\n").split("\t")
            times[output] = int(end) - int(begin)
    return times


def sources_of(build, output):
    """What a step compiles: a source, or the files that stand in one of CMake's dozens."""
    unity = re.fullmatch(r"(.*/Unity/unity_\d+_cxx\.cxx)\.o", output)
    if not unity:
        return "`%s`" % re.sub(r"CMakeFiles/[^/]*\.dir/|\.o$", "", output)
    with open(os.path.join(build, unity[1]), encoding="utf-8") as file:
        sources = re.findall(r'^#include "(.*)"$', file.read(), re.MULTILINE)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    names = [os.path.relpath(source, os.path.dirname(root)) for source in sources]
    return "%d from `%s` to `%s`" % (len(names), names[0], names[-1])


def main():
    build = sys.argv[1]
    times = steps(build)
    total = sum(times.values())
    print("| of %d steps | share |\n|---|---|" % len(times))
    for output, time in sorted(times.items(), key=lambda item: -item[1])[:10]:
        print("| %s | %.1f %% |" % (sources_of(build, output), 100 * time / total))


main()
