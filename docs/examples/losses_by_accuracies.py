#!/usr/bin/env python3
"""What searches had found after so many accuracies: losses_by_accuracies.py FOLDER [--test [PROGRAM]]

FOLDER: of `kirchhoff compare`, or one of docs/results. Prints a Markdown table: by threshold and method the median over the
seeds of the loss against W8A8 of the best policy so far, in points on the images that the search looks at; then the
answer's loss on the validation split and on the test set, and what the search used. In brackets the least and the
largest of the seeds: with five of them the median of all seeds lies between these two with a probability of 94 %.

--test: the losses of the same policies on the test set, which no search has seen. FOLDER/test_accuracies.csv holds the
accuracies; those that it lacks are measured by PROGRAM (kirchhoff), each policy once, and added.
"""

import argparse
import collections
import csv
import io
import json
import lzma
import pathlib
import statistics
import subprocess

COUNTS = (10, 20, 35, 50, 100, 300)
TEST_COUNTS = (10, 35, 50, 100, 300)

arguments = argparse.ArgumentParser()
arguments.add_argument("folder", type=pathlib.Path)
arguments.add_argument("--test", nargs="?", const="kirchhoff", metavar="PROGRAM")
options = arguments.parse_args()
folder = options.folder

runs = list(csv.DictReader(open(folder / "runs.csv")))
packed = folder / "episodes.csv.xz"
text = lzma.open(packed, "rt").read() if packed.exists() else open(folder / "episodes.csv").read()

# By run, then by accuracies used: (validation accuracy, policy) of the best episode so far.
best = collections.defaultdict(dict)
leader = {}
for row in csv.DictReader(io.StringIO(text)):
    run = row["method"], row["th"], row["seed"]
    if row["feasible"] == "1" and row["accuracy_pct"]:
        # Searches rank so: by accuracy, then divergence, then cost, then the earlier one.
        rank = -float(row["accuracy_pct"]), float(row["divergence_nats"]), float(row["cost_ratio"])
        leader[run] = min(leader.get(run, (rank, row["policy"])), (rank, row["policy"]), key=lambda one: one[0])
    if run in leader:
        best[run][int(row["accuracy_evaluations"])] = -leader[run][0][0], leader[run][1]


def after(run, count):
    """The best of a run with at most so many accuracies, or None."""
    reached = [used for used in best[run] if used <= count]
    return best[run][max(reached)] if reached else None


def cell(values, digits=2):
    """Their median and range; "-" where a seed has none."""
    if not values or any(value is None for value in values):
        return "–"
    median, low, high = statistics.median(values), min(values), max(values)
    middle = f"{median:.{digits}f}"
    return middle if f"{low:.{digits}f}" == f"{high:.{digits}f}" else f"{middle} [{low:.{digits}f}, {high:.{digits}f}]"


def difference(reference, accuracy):
    return float(reference) - float(accuracy) if reference and accuracy else None


def print_table(columns, rows):
    print("| " + " | ".join(columns) + " |")
    print("|---" * len(columns) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def test_accuracies(policies):
    """Of these policies, remembered in the folder."""
    path = folder / "test_accuracies.csv"
    known = {}
    if path.exists():
        known = {row["policy"]: float(row["test_accuracy_pct"]) for row in csv.DictReader(open(path))}
    missing = sorted(policies - known.keys())
    if not missing:
        return known
    settings = json.load(open(folder / "compare.json"))["settings"]
    command = [options.test, "evaluate", "--split", "test", "--quiet", "--json", "-"]
    for key in ("network", "dataset", "weights", "clip", "percentile"):
        if settings.get(key):
            command += [f"--{key}", settings[key]]
    with open(path, "a") as file:
        if not known:
            file.write("policy,test_accuracy_pct\n")
        for policy in missing:
            done = subprocess.run([*command, "--policy", policy], check=True, capture_output=True, text=True)
            known[policy] = json.loads(done.stdout)["accuracy_pct"]
            file.write(f'"{policy}",{known[policy]}\n')
            file.flush()
    return known


groups = collections.OrderedDict()
for row in runs:
    groups.setdefault((row["th"], row["method"]), []).append(row)


def policies_after(count):
    """By group: what every seed has found by then."""
    return {(th, method): [after((method, th, row["seed"]), count) for row in rows]
            for (th, method), rows in groups.items()}


if options.test:
    found = {count: policies_after(count) for count in TEST_COUNTS}
    accuracies = test_accuracies({one[1] for by_group in found.values() for seeds in by_group.values()
                                  for one in seeds if one})
    references = [row["test_w8a8_pct"] for row in runs if row["test_w8a8_pct"]]
    print_table(["th", "method"] + [f"after {count}" for count in TEST_COUNTS] + ["answer"],
                [[th, f"`{method}`"]
                 + [cell([difference(references[0], accuracies[one[1]]) if one else None
                          for one in found[count][th, method]]) for count in TEST_COUNTS]
                 + [cell([difference(row["test_w8a8_pct"], row["test_answer_pct"]) for row in rows])]
                 for (th, method), rows in groups.items()])
else:
    found = {count: policies_after(count) for count in COUNTS}
    table = []
    for (th, method), rows in groups.items():
        losses = [cell([difference(row["w8a8_accuracy_pct"], one[0]) if one else None
                        for row, one in zip(rows, found[count][th, method])]) for count in COUNTS]
        answers = cell([difference(row["final_w8a8_accuracy_pct"], row["final_accuracy_pct"]) for row in rows])
        tests = cell([difference(row["test_w8a8_pct"], row["test_answer_pct"]) for row in rows])
        used = [cell([float(row[key]) for row in rows], 0) for key in ("accuracy_evaluations", "simulator_calls")]
        table.append([th, f"`{method}`", *losses, answers, tests, *used])
    print_table(["th", "method"] + [f"after {count}" for count in COUNTS]
                + ["answer", "test", "accuracies", "simulator calls"], table)
