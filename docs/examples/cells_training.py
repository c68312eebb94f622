#!/usr/bin/env python3
"""What training with real cells gains: cells_training.py PROGRAM FOLDER > cells_training.csv

LeNet-5 on both datasets, W8A8 and W4A4, cells whose levels land 0.1 (MNIST: 0.12) of the window beside their place: mean accuracy on
the test set over twenty chips, of the weights that come along, after three epochs of fine-tuning that know nothing of cells, and after
three that draw them anew in every step. What FOLDER holds already is not done again.
"""

import json
import pathlib
import statistics
import subprocess
import sys

import study

program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)


def run(*arguments):
    subprocess.run([program, *map(str, arguments), "--quiet"], check=True)


def result(path, *arguments):
    if not path.exists():
        run(*arguments, "--json", path)
    return json.loads(path.read_text(encoding="utf-8"))


def rows():
    for dataset, sigma in (("mnist", 0.12), ("fashion-mnist", 0.1)):
        for policy in ("W8A8", "W4A4"):
            name = f"{dataset}-{policy}-{sigma}"
            of = ["--dataset", dataset, "--policy", policy]
            cells = ["--cells.spread", "normal", "--cells.sigma", sigma]
            felt = result(folder / f"{name}.json", "finetune", *of, *cells, "--cell-seeds", "1..20", "--epochs", 3,
                          "--out", folder / f"{name}.kmodel")
            plain = folder / f"plain-{name}.kmodel"
            if not plain.exists():
                run("finetune", *of, "--epochs", 3, "--out", plain)
            deaf = result(folder / f"plain-{name}.json", "evaluate", *of, *cells, "--split", "test", "--seeds", "1..20",
                          "--weights", plain)
            ideal = result(folder / f"ideal-{name}.json", "evaluate", *of, "--split", "test", "--weights",
                           folder / f"{name}.kmodel")
            accuracies = [chip["accuracy_pct"] for chip in deaf["adc_exact"]["chips"]]
            yield {"dataset": dataset, "policy": policy, "sigma": sigma,
                   "before_pct": study.number(felt["test_accuracy_before_pct"]),
                   "without_cells_pct": study.number(statistics.mean(accuracies)),
                   "with_cells_pct": study.number(felt["test_accuracy_pct"]),
                   "with_cells_on_ideal_pct": study.number(ideal["accuracy_pct"])}


study.print_csv(rows())
