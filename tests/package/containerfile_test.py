"""The container's recipe cannot be run by a test. Its commands can be, with programs in the place of
apt and CMake that only say how they were called: it installs the packages of cmake/bootstrap.sh."""
import os
import re
import subprocess
import sys
import tempfile


def check(condition, message):
    if not condition:
        sys.exit("FAILED: " + message)


def steps(recipe):
    """(instruction, rest) with continued lines joined."""
    text = re.sub(r"\\\n", " ", recipe)
    return [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def called(command, folder, source):
    """What the stand-ins for apt, dpkg and CMake were called with."""
    log = os.path.join(folder, "log")
    open(log, "w").close()
    for name in ("apt-get", "cmake", "cpack", "dpkg-query", "sudo"):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as script:
            # sudo is for those who are not root: it calls what it is asked to.
            script.write(f"#!/bin/sh\necho {name} \"$@\" >> '{log}'\n" + ('"$@"\n' if name == "sudo" else ""))
        os.chmod(path, 0o755)
    tree = os.path.join(folder, "tree")
    os.makedirs(os.path.join(tree, "cmake"), exist_ok=True)
    with open(os.path.join(source, "cmake/bootstrap.sh"), encoding="utf-8") as file:
        bootstrap = file.read()
    with open(os.path.join(tree, "cmake/bootstrap.sh"), "w", encoding="utf-8") as file:
        file.write(bootstrap)
    # The build folder is CMake's to make.
    command = command.replace("cd build", "mkdir build; cd build")
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=tree, capture_output=True, text=True,
                          env=dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"))
    check(done.returncode == 0, f"{command}: {done.returncode}\n{done.stderr}")
    with open(log, encoding="utf-8") as file:
        return [line for line in file.read().splitlines() if not line.startswith("sudo ")]


def main():
    source = os.path.abspath(sys.argv[1])
    with open(os.path.join(source, "cmake/Containerfile"), encoding="utf-8") as file:
        recipe = steps(file.read())
    stages = [rest.split() for instruction, rest in recipe if instruction == "FROM"]
    check([stage[0] for stage in stages] == ["debian:bookworm-slim", "scratch", "debian:bookworm-slim"], f"{stages}")
    build = [rest for instruction, rest in recipe[:[step[0] for step in recipe].index("FROM", 1)] if instruction == "RUN"]
    calls = []
    with tempfile.TemporaryDirectory() as folder:
        for command in build:
            calls += called(command, folder, source)
    wanted = subprocess.run(["bash", "-c", f"source '{source}/cmake/bootstrap.sh'; echo \"${{packages[@]}}\""],
                            capture_output=True, text=True, check=True).stdout.split()
    installs = [line for line in calls if line.startswith("apt-get") and " install " in line]
    check(len(installs) == 1, f"{installs}")
    installed = [word for word in installs[0].split(" install ")[1].split() if not word.startswith("-")]
    check(len(wanted) > 20 and set(installed) == set(wanted) | {"dpkg-dev", "file"}, f"{installed}")
    made = [line for line in calls if line.startswith(("cmake", "cpack"))]
    check(made[0].startswith("cmake --preset release") and made[1].startswith("cmake --build build --parallel ")
          and made[2:] == ["cpack -G DEB"], f"{made}")
    print(f"{len(installed)} packages")


main()
