"""docs/howto.md, "Take a network from PyTorch": the example trains and exports, and Kirchhoff counts as PyTorch does."""
import json
import os
import subprocess
import sys
import tempfile

SKIPPED = 77
PYTHON = "/usr/bin/python3"  # Debian's, whose package has PyTorch
IMAGES = "/usr/share/datasets/fashion-mnist"

program, example = map(os.path.abspath, sys.argv[1:3])
if subprocess.run([PYTHON, "-c", "import torch"], capture_output=True).returncode != 0:
    print("Debian's package python3-torch is not installed")
    sys.exit(SKIPPED)


def check(condition, message):
    if not condition:
        sys.exit("FAILED: " + message)


def run(folder, *words):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    check(done.returncode == 0, f"{words}: {done.returncode}\n{done.stderr}")
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    of_pytorch = float(run(folder, PYTHON, example, IMAGES, "net.onnx"))
    check(of_pytorch > 80, f"the example learns little: {of_pytorch} %")
    common = ["--network", "net.onnx", "--dataset", "fashion-mnist", "--policy", "W6A4", "--json", "-"]
    evaluated = json.loads(run(folder, program, "evaluate", *common, "--split", "test"))
    # One image of 10,000 may stand between two classes, where the order of sums decides.
    check(abs(evaluated["float_accuracy_pct"] - of_pytorch) < 0.025,
          f"PyTorch {of_pytorch} %, Kirchhoff {evaluated['float_accuracy_pct']} %")
    check(evaluated["reference_accuracy_pct"] > of_pytorch - 1, f"W8A8: {evaluated['reference_accuracy_pct']} %")
    exact = json.loads(run(folder, program, "simulate", *common))["bit_exact"]
    check(exact["outputs"] > 0 and exact["equal"] == exact["outputs"], f"not exact: {exact}")
print(f"{of_pytorch} %, {evaluated['accuracy_pct']} % under W6A4")
