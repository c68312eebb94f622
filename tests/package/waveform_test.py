"""Runs the commands of a page that write waveforms, and checks that what its gtkwave commands open
shows something: every signal of a save file is in the dump that the page makes, and every time lies
in it. No save file of the manual may be without such a command."""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROW = re.compile(r"^(?:\+\{[^}]*\} )?([A-Za-z_][\w.]*(?:\[\d+:\d+\])?)$")


def fail(message):
    sys.exit("FAILED: " + message)


def commands(page):
    """Lines of code, and code within a line, that begin with one of the two programs."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:console)?\n(.*?)^```", text, re.S | re.M)
    lines = [line[2:] if line.startswith("$ ") else line
             for block in blocks for line in block.splitlines()]
    rest = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    lines += re.findall(r"`([^`\n]+)`", rest)
    for line in lines:
        words = line.split()
        if words[:2] == ["kirchhoff", "simulate"] and "--vcd" in words and len(words) > 4:
            yield line
        if words[:1] == ["gtkwave"] and len(words) > 1:
            yield line


def read_dump(path):
    """Names with their ranges, and the first and last time."""
    scope, names, times = [], set(), []
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if words[0] == "$scope":
                scope.append(words[2])
            elif words[0] == "$upscope":
                scope.pop()
            elif words[0] == "$var":
                names.add(".".join(scope + [words[4]]) + (words[5] if words[5] != "$end" else ""))
            elif line[0] == "#":
                times.append(int(line[1:]))
    return names, times[0], times[-1]


def check(save, dump=None):
    """`dump`: where no command says it, the save file does, as seen from its own folder."""
    text = save.read_text(encoding="utf-8")
    if dump is None:
        dump = save.parent / re.search(r'^\[dumpfile\] "(.*)"$', text, re.M).group(1)
    if not dump.is_file():
        fail(f"{save}: its dump {dump} is not there")
    names, first, last = read_dump(dump)
    rows, times = 0, []
    for line in text.splitlines():
        row = ROW.match(line)
        if row:
            rows += 1
            if row.group(1) not in names:
                fail(f"{save}: {row.group(1)} is not in {dump}")
        elif line.startswith("[timestart]"):
            times.append(int(line.split()[1]))
        elif line.startswith("*"):
            times += [int(word) for word in line.split()[1:] if word != "-1"]
    if rows < 5 or not times:
        fail(f"{save}: {rows} signals, {len(times)} times")
    for time in times:
        if not first <= time <= last:
            fail(f"{save}: {time} ps lies outside {dump}, {first} to {last} ps")
    return rows


def main():
    docs, program = pathlib.Path(sys.argv[1]), os.path.abspath(sys.argv[2])
    opened, count = set(), 0
    for page in sorted(docs.glob("*.md")):
        lines = list(commands(page))
        if not any(line.startswith("gtkwave") for line in lines):
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "docs").symlink_to(docs.resolve(), target_is_directory=True)
            for line in lines:
                words = shlex.split(line)
                if words[0] == "kirchhoff":
                    done = subprocess.run([program, *words[1:]], cwd=folder, capture_output=True,
                                          text=True)
                    if done.returncode != 0:
                        fail(f"{page}: {line}: {done.stderr}")
                    continue
                files = [folder / word for word in words[1:]]
                save = files[-1]
                if save.suffix != ".gtkw" or not save.is_file():
                    fail(f"{page}: {line}: opens no save file")
                if save.resolve().parent == (docs / "images").resolve():
                    opened.add(save.name)
                rows = check(save, files[0] if len(files) > 1 else None)
                print(f"{page.name}: {line}: {rows} signals")
                count += 1
    for save in docs.glob("**/*.gtkw"):
        if save.name not in opened:
            fail(f"{save}: no page says which dump it opens")
    if count < 4:
        fail(f"{count} gtkwave commands in {docs}")


main()
