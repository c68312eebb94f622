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


with tempfile.TemporaryDirectory() as folder:
    for name, text in (("good.py", GOOD), ("bad.py", BAD)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    environment = {**os.environ, "MYPYPATH": os.path.join(TOP, "python"), "MYPY_CACHE_DIR": os.devnull}
    environment.pop("PYTHONPATH", None)
    found = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-pretty",
                            os.path.join(TOP, "python", "kirchhoff"), "good.py", "bad.py"],
                           env=environment, cwd=folder, capture_output=True, text=True)
errors = [line for line in found.stdout.splitlines() if ": error: " in line]
expected = ["bad.py:4", "bad.py:5", "bad.py:6"]
if [error.partition(": error: ")[0] for error in errors] != expected:
    sys.exit(f"FAILED: errors expected at {', '.join(expected)} alone:\n{found.stdout}{found.stderr}")
