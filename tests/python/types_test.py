"""mypy finds nothing in the package, nor in a program that uses it; what such a program gets wrong it does find."""
import os
import subprocess
import sys
import tempfile

import support

support.need("mypy")
TOP = sys.argv[1]
GOOD = """
import numpy as np
import kirchhoff
from kirchhoff.gym import BitWidths

chip = kirchhoff.Chip("isaac", network="vgg13")
ratio: float = chip.cost([(8, 8)] * 8).cost_ratio
logits: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]" = chip.simulate("W8A8", kirchhoff.load_dataset().images).logits

def tell(episode: kirchhoff.Episode) -> None:
    print(episode.best.policy if episode.best else episode.policy)

result: kirchhoff.SearchResult = kirchhoff.Search("ilp", 0.8, chip).run(tell)
observation, info = BitWidths(chip, th=0.8).reset(seed=1)
"""
BAD = """
import kirchhoff

chip = kirchhoff.Chip(images="many")
chip.cost("W8A8").latency
kirchhoff.Search("ilp", 0.8).run("ilp")
"""


def mypy(*arguments):
    environment = {**os.environ, "MYPYPATH": os.path.join(TOP, "python"), "MYPY_CACHE_DIR": os.devnull}
    environment.pop("PYTHONPATH", None)
    return subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-error-summary", *arguments], env=environment,
                          capture_output=True, text=True)


clean = mypy("--ignore-missing-imports", os.path.join(TOP, "python", "kirchhoff"))
if clean.returncode != 0:
    sys.exit("FAILED: the package:\n" + clean.stdout + clean.stderr)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "program.py")
    for text, errors in ((GOOD, 0), (BAD, 3)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        found = mypy(path).stdout
        if found.count(": error: ") != errors:
            sys.exit(f"FAILED: {errors} errors expected:\n{found}\n{text}")
