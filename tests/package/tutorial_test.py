"""Runs every command of a page's console blocks and compares what is printed with what the page
says: lines and words must be equal, numbers may differ, and a line of … stands for any lines."""
import os
import re
import shlex
import subprocess
import sys
import tempfile

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def shape(line):
    return " ".join(NUMBER.sub("#", line).split())


def commands(page):
    """(command, expected lines) of the blocks, in order."""
    for block in re.findall(r"^```console\n(.*?)^```", page, re.S | re.M):
        command, expected = None, []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, expected
                command, expected = line[2:], []
            else:
                expected.append(line)
        if command:
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
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        for command, expected in commands(page):
            words = shlex.split(command)
            if words[0] != "kirchhoff":
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
