"""Makes Debian packages of a build, unpacks them and works with what was unpacked, which is installed
nowhere: the program runs the tutorial's first commands, find_package() and Python find the rest."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77


def check(condition, message):
    if not condition:
        sys.exit("FAILED: " + message)


def run(words, **options):
    done = subprocess.run(words, capture_output=True, text=True, **options)
    check(done.returncode == 0, f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def fields(package):
    """The control fields, those of dependencies as {package: restriction}."""
    found = dict(re.findall(r"^(\S+): (.*(?:\n .*)*)", run(["dpkg-deb", "-f", package]), re.M))
    for name in ("Depends", "Recommends", "Suggests"):
        parts = [part.strip().partition(" ") for part in found.get(name, "").split(",") if part.strip()]
        found[name] = {part[0]: part[2] for part in parts}
    return found


def bootstrap_packages(source):
    script = f"source '{source}/cmake/bootstrap.sh'; printf '%s\\n' \"${{packages[@]}}\""
    return set(run(["bash", "-c", script]).split())


def make_packages(cpack, build, folder):
    # gzip for the time of the test; what users make is smaller.
    run([cpack, "-G", "DEB", "-B", folder, "--config", f"{build}/CPackConfig.cmake",
         "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip"], cwd=build)
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".deb"))


def check_fields(packages, version, source):
    known = bootstrap_packages(source)
    architecture = run(["dpkg", "--print-architecture"]).strip()
    for name, package in packages.items():
        control = fields(package)
        check(os.path.basename(package) == f"{name}_{version}_{architecture}.deb", package)
        check((control["Package"], control["Version"], control["Architecture"]) == (name, version, architecture),
              f"{name}: {control}")
        check(control["Maintainer"] and control["Section"] and int(control["Installed-Size"]) > 0, f"{control}")
        check(len(control["Description"].splitlines()) > 1, f"{name}: {control['Description']}")
        if name != "kirchhoff":
            check(control["Depends"].get("kirchhoff") == f"(= {version})", f"{name}: {control['Depends']}")
    program = fields(packages["kirchhoff"])
    check("dataset-fashion-mnist" in program["Recommends"], f"{program['Recommends']}")
    if shutil.which("dpkg-shlibdeps") and shutil.which("file"):
        # Of the program itself, and of the modules that it loads late.
        for library in ("libc6", "libsystemc", "libtorch1.13", "libonnx1", "libpagmo8"):
            check(library in program["Depends"], f"{library}: {program['Depends']}")
    needed = set(fields(packages["kirchhoff-dev"])["Depends"]) - {"kirchhoff"}
    check(needed and needed <= known, f"not in cmake/bootstrap.sh: {needed - known}")
    if "python3-kirchhoff" in packages:
        python = fields(packages["python3-kirchhoff"])["Depends"]
        check("python3-numpy" in python and "python3" in python, f"{python}")


def check_program(root, source):
    program = f"{root}/usr/bin/kirchhoff"
    page_test = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page_test.py")
    print(run([sys.executable, page_test, f"{source}/docs/tutorial.md", program, "3"]).strip())
    shipped = {name[:-4] for name in os.listdir(f"{source}/hw/presets") if name.endswith(".ini")}
    listed = {line.split()[0] for line in run([program, "list", "presets"]).splitlines()}
    check(listed == shipped, f"{listed} for {shipped}")
    # The modules: ONNX writes, pagmo searches; LibTorch trains.
    run([program, "export", "--policy", "W6A4", "--onnx", "w6a4.onnx"], cwd=root)
    written = run([program, "policy", "model", "--network", "w6a4.onnx", "--format", "text"], cwd=root)
    check(written == "6/4,6/4,6/4,6/4,6/4\n", written)
    small = ["--th", "0.8", "--validation-images", "100", "--final.candidates", "0", "--quiet"]
    run([program, "search", "--method", "nsga2", "--episodes", "10", "--out", "nsga2", *small], cwd=root)
    run([program, "train", "--epochs", "1", "--out", "small.kmodel", "--quiet"], cwd=root)
    page = f"{root}/usr/share/man/man1/kirchhoff.1"
    check(os.path.exists(page) or os.path.exists(page + ".gz"), "no manual page")


def check_development(root, source, cmake, folder):
    run([cmake, "-S", f"{source}/docs/examples/evaluate_policy", "-B", folder, f"-DCMAKE_PREFIX_PATH={root}/usr"])
    cache = open(f"{folder}/CMakeCache.txt", encoding="utf-8").read()
    check(f"kirchhoff_DIR:PATH={root}/usr/" in cache, "find_package(kirchhoff) found another one")


def check_python(root, python):
    environment = dict(os.environ, PYTHONPATH=f"{root}/usr/lib/python3/dist-packages", PYTHONDONTWRITEBYTECODE="1")
    where = run([python, "-c", "import kirchhoff as k; print(k.__file__); "
                 "print(0 < k.Chip('isaac', images=10).cost('W6A4').cost_ratio < 1)"], env=environment)
    check(where == f"{root}/usr/lib/python3/dist-packages/kirchhoff/__init__.py\nTrue\n", where)


def main():
    cmake, cpack, build, source, version, python = sys.argv[1:]
    if not shutil.which("dpkg-deb"):
        print("skipped: no dpkg-deb, which makes the packages (Debian: dpkg)")
        sys.exit(SKIP)
    with tempfile.TemporaryDirectory() as folder:
        made = make_packages(cpack, build, f"{folder}/packages")
        packages = {os.path.basename(package).split("_")[0]: package for package in made}
        expected = {"kirchhoff", "kirchhoff-dev"} | ({"python3-kirchhoff"} if python else set())
        check(set(packages) == expected, f"{made}")
        check_fields(packages, version, source)
        root, owner = f"{folder}/root", {}
        for name, package in packages.items():
            for line in run(["dpkg-deb", "-c", package]).splitlines():
                path = line.split(maxsplit=5)[5]
                check(line.startswith("d") or path not in owner, f"{path}: in {name} and {owner.get(path)}")
                check(path.startswith("./usr/") or path in ("./", "./usr"), f"{name}: {path}")
                owner[path] = name
            run(["dpkg-deb", "-x", package, root])
        check_program(root, source)
        check_development(root, source, cmake, f"{folder}/example")
        if python:
            check_python(root, python)
        print(", ".join(f"{os.path.basename(package)} {os.path.getsize(package) >> 10} KiB" for package in made))


main()
