#!/usr/bin/env python3
"""What searches had found after so many accuracies: usage: losses_by_accuracies.py FOLDER

FOLDER: of `kirchhoff compare`, or one of docs/results. Prints a Markdown table: by threshold and method the median over the
seeds of the loss against W8A8 of the best policy so far, in points on the images that the search looks at; then the
answer's loss on the validation split and on the test set, and what the search used. In brackets the least and the
largest of the seeds: with five of them the median of all seeds lies between these two with a probability of 94 %.
"""

import collections
import csv
import io
import lzma
import pathlib
import statistics
import sys

COUNTS = (10, 20, 35, 50, 100, 300)

folder = pathlib.Path(sys.argv[1])
runs = list(csv.DictReader(open(folder / "runs.csv")))
packed = folder / "episodes.csv.xz"
text = lzma.open(packed, "rt").read() if packed.exists() else open(folder / "episodes.csv").read()

best = collections.defaultdict(lambda: collections.defaultdict(dict))  # by run, then by accuracies used: best accuracy
for row in csv.DictReader(io.StringIO(text)):
    if row["best_accuracy_pct"]:
        run = row["method"], row["th"], row["seed"]
        best[run][int(row["accuracy_evaluations"])] = float(row["best_accuracy_pct"])


def after(run, count):
    """The best accuracy of a run with at most so many accuracies, or None."""
    reached = [used for used in best[run] if used <= count]
    return best[run][max(reached)] if reached else None


def cell(values, digits=2):
    """Their median and range; "-" where a seed has none."""
    if not values or any(value is None for value in values):
        return "–"
    median, low, high = statistics.median(values), min(values), max(values)
    middle = f"{median:.{digits}f}"
    return middle if f"{low:.{digits}f}" == f"{high:.{digits}f}" else f"{middle} [{low:.{digits}f}, {high:.{digits}f}]"


groups = collections.OrderedDict()
for row in runs:
    groups.setdefault((row["th"], row["method"]), []).append(row)

print("| th | method | " + " | ".join(f"after {count}" for count in COUNTS) + " | answer | test | accuracies | simulator calls |")
print("|---" * (len(COUNTS) + 6) + "|")
for (th, method), rows in groups.items():
    losses = []
    for count in COUNTS:
        found = [after((method, th, row["seed"]), count) for row in rows]
        losses.append(cell([None if value is None else float(row["w8a8_accuracy_pct"]) - value
                            for row, value in zip(rows, found)]))
    answers = [float(row["final_w8a8_accuracy_pct"]) - float(row["final_accuracy_pct"]) if row["final_accuracy_pct"] else None
               for row in rows]
    tests = [float(row["test_w8a8_pct"]) - float(row["test_answer_pct"]) if row["test_answer_pct"] else None for row in rows]
    used = [cell([float(row[key]) for row in rows], 0) for key in ("accuracy_evaluations", "simulator_calls")]
    print(f"| {th} | `{method}` | " + " | ".join(losses + [cell(answers), cell(tests)] + used) + " |")
