"""Runs every command of a page that has its output below it and compares what is printed with what
the page says, words and numbers; a line of … stands for any lines. Numbers may differ where they are
of the machine: seconds, rates, memory. With a third argument only so many commands, the first."""
import itertools
import os
import re
import shlex
import subprocess
import sys
import tempfile

OF_THE_MACHINE = re.compile(r"\b\d+(?:\.\d+)?(?:e[-+]?\d+)?(?= (?:s|MiB|images/s)\b)|"
                            r"(?<=simulator )[\d.]+|(?<=accuracy )[\d.]+(?=, agent)|(?<=agent )[\d.]+")


def shape(line):
    return " ".join(OF_THE_MACHINE.sub("#", line).split())


def commands(page):
    """(command, expected lines) of the blocks, in order. In plain blocks a command without output
    is only shown."""
    for kind, block in re.findall(r"^```(console)?\n(\$ .*?)^```", page, re.S | re.M):
        command, expected = None, []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command and (kind or expected):
                    yield command, expected
                command, expected = line[2:], []
            else:
                expected.append(line)
        if command and (kind or expected):
            yield command, expected


def matches(expected, found):
    """Both are lists of shapes; "…" stands for any number of lines."""
    if not expected:
        return not found
    if expected[0] == "…":
        return any(matches(expected[1:], found[skip:]) for skip in range(len(found) + 1))
    return bool(found) and expected[0] == found[0] and matches(expected[1:], found[1:])


def main():
    page_file, program = sys.argv[1], os.path.abspath(sys.argv[2])
    with open(page_file, encoding="utf-8") as file:
        page = file.read()
    most = int(sys.argv[3]) if len(sys.argv) > 3 else None
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        for command, expected in itertools.islice(commands(page), most):
            words = shlex.split(command, comments=True)
            if words[0] not in ("kirchhoff", "./run"):
                sys.exit(f"FAILED: {command}: not a command of the program")
            done = subprocess.run([program, *words[1:]], cwd=folder, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"FAILED: {command}: exit code {done.returncode}\n{done.stderr}")
            wanted = [shape(line) for line in expected if line.strip()]
            found = [shape(line) for line in done.stdout.splitlines() if line.strip()]
            if not matches(wanted, found):
                sys.exit("FAILED: {}: printed\n{}\nthe page says\n{}".format(
                    command, done.stdout, "\n".join(expected)))
            count += 1
    if count == 0:
        sys.exit(f"FAILED: {page_file} has no command")
    print(f"{count} commands")


main()
