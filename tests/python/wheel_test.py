"""pyproject.toml says what scikit-build-core asks for, and the version is the project's. Makes the wheel where that is installed."""
import os
import sys

import support

support.need("tomllib")
import tomllib

top, version = sys.argv[1:]
with open(os.path.join(top, "python", "pyproject.toml"), "rb") as file:
    project = tomllib.load(file)
assert project["build-system"]["build-backend"] == "scikit_build_core.build", project["build-system"]
assert any(need.startswith("scikit-build-core") for need in project["build-system"]["requires"])
assert any(need.startswith("pybind11") for need in project["build-system"]["requires"])
assert project["project"]["name"] == "kirchhoff"
assert project["project"]["version"] == version, (project["project"]["version"], version)
build = project["tool"]["scikit-build"]
source = os.path.normpath(os.path.join(top, "python", build["cmake"]["source-dir"]))
assert os.path.samefile(source, top), source
with open(os.path.join(top, "python", "CMakeLists.txt"), encoding="utf-8") as file:
    cmake = file.read()
assert build["install"]["components"] == ["python"] and "COMPONENT python" in cmake
for target in build["build"]["targets"]:
    assert target in cmake, target
