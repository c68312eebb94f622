"""Every command's help fits on a screen and shows an example that works."""
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile

LINES, COLUMNS = 50, 80  # of a screen


def check(condition, message):
    if not condition:
        sys.exit("FAILED: " + message)


program = os.path.abspath(sys.argv[1])
environment = dict(os.environ, PATH=os.path.dirname(program) + ":" + os.environ["PATH"])


def run(command, folder="."):
    return subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True,
                          text=True)


def goes_on(command, folder):
    """One that ends when it is told to: what it says first, and with what it ends."""
    with subprocess.Popen(shlex.split(command), cwd=folder, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        process.terminate()
        rest, error = process.communicate()
    code = 0 if first and process.returncode == 128 + signal.SIGTERM else process.returncode
    return subprocess.CompletedProcess(command, code, first + rest, error)


overview = run("kirchhoff help").stdout
check(max(map(len, overview.splitlines())) <= COLUMNS, "kirchhoff help is wide")
check(len(overview.splitlines()) <= LINES, "kirchhoff help is longer than a screen")
commands = re.findall(r"^  ([a-z-]+) {2,}\S", overview, re.M)
check(len(commands) > 10, f"few commands: {commands}")
with tempfile.TemporaryDirectory() as folder:
    for command in commands:
        page = run(f"kirchhoff {command} --help").stdout
        lines = page.splitlines()
        check(len(lines) <= LINES, f"{command} --help has {len(lines)} lines")
        everything = run(f"kirchhoff {command} --help-all").stdout.splitlines()
        for line in lines + everything:
            check(len(line) <= COLUMNS, f"{command}: wider than {COLUMNS} columns: {line}")
        example = re.search(r"^example: (.*)$", page, re.M)
        check(example, f"{command} --help has no example")
        done = (goes_on if command == "watch" else run)(example.group(1), folder)
        check(done.returncode == 0, f"{example.group(1)}: {done.returncode}\n{done.stderr}")
        check(done.stdout.strip(), f"{example.group(1)} prints nothing")
print(f"{len(commands)} commands")
