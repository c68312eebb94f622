#!/usr/bin/env python3
"""What searches had found after so many accuracies: losses_by_accuracies.py FOLDER [--test [PROGRAM]]

FOLDER: of `kirchhoff compare`, or one of docs/results. Prints CSV, a row per threshold and method: the loss against W8A8
of the best policy so far (after_N), in points on the images that the search looks at; the answer's loss on the validation
split and on the test set; what the search used. Of each the median over the seeds, the least and the largest: with five
seeds the median of all seeds lies between these two with a probability of 94 %. Empty where a seed has none.

--test: the losses of the same policies on the test set, which no search has seen. FOLDER/test_accuracies.csv holds the
accuracies; those that it lacks are measured by PROGRAM (kirchhoff), each policy once, and added.
"""

import argparse
import collections
import csv
import json
import pathlib
import subprocess

import study

COUNTS = (10, 20, 35, 50, 100, 300)
TEST_COUNTS = (10, 35, 50, 100, 300)


class BestSoFar:
    """Of every search, by the accuracies that it had used: (validation accuracy, policy)."""

    def __init__(self, episodes):
        self.steps = collections.defaultdict(dict)
        leader = {}
        for row in episodes:
            run = row["method"], row["th"], row["seed"]
            if row["feasible"] == "1" and row["accuracy_pct"]:
                # Searches rank so: by accuracy, then divergence, then cost, then the earlier one.
                rank = -float(row["accuracy_pct"]), float(row["divergence_nats"]), float(row["cost_ratio"])
                leader[run] = min(leader.get(run, (rank, row["policy"])), (rank, row["policy"]), key=lambda one: one[0])
            if run in leader:
                self.steps[run][int(row["accuracy_evaluations"])] = -leader[run][0][0], leader[run][1]

    def after(self, row, count):
        """Of the search of a row of runs.csv, with at most so many accuracies; None before the first within th."""
        steps = self.steps[row["method"], row["th"], row["seed"]]
        reached = [used for used in steps if used <= count]
        return steps[max(reached)] if reached else None


def difference(row, reference, accuracy):
    return float(row[reference]) - float(row[accuracy]) if row[reference] and row[accuracy] else None


def what_they_are(rows):
    return {key: rows[0][key] for key in ("network", "dataset", "th", "method")} | {"seeds": len(rows)}


def by_validation(best, rows):
    cells = what_they_are(rows)
    for count in COUNTS:
        found = [best.after(row, count) for row in rows]
        cells |= study.spread(f"after_{count}", [float(row["w8a8_accuracy_pct"]) - one[0] if one else None
                                                 for row, one in zip(rows, found)])
    cells |= study.spread("answer", [difference(row, "final_w8a8_accuracy_pct", "final_accuracy_pct") for row in rows])
    cells |= study.spread("test", [difference(row, "test_w8a8_pct", "test_answer_pct") for row in rows])
    for name, key in (("accuracies", "accuracy_evaluations"), ("calls", "simulator_calls")):
        cells |= study.spread(name, [float(row[key]) for row in rows])
    return cells


def by_test(best, rows, reference, accuracies):
    cells = what_they_are(rows)
    for count in TEST_COUNTS:
        found = [best.after(row, count) for row in rows]
        cells |= study.spread(f"after_{count}", [reference - accuracies[one[1]] if one else None for one in found])
    cells |= study.spread("answer", [difference(row, "test_w8a8_pct", "test_answer_pct") for row in rows])
    return cells


def test_accuracies(folder, policies, program):
    """Of these policies, remembered in the folder."""
    path = folder / "test_accuracies.csv"
    known = {}
    if path.exists():
        with open(path, encoding="utf-8") as file:
            known = {row["policy"]: float(row["test_accuracy_pct"]) for row in csv.DictReader(file)}
    missing = sorted(policies - known.keys())
    if not missing:
        return known
    with open(folder / "compare.json", encoding="utf-8") as file:
        settings = json.load(file)["settings"]
    command = [program, "evaluate", "--split", "test", "--quiet", "--json", "-"]
    for key in ("network", "dataset", "weights", "clip", "percentile"):
        if settings.get(key):
            command += [f"--{key}", settings[key]]
    with open(path, "a", encoding="utf-8") as file:
        if not known:
            file.write("policy,test_accuracy_pct\n")
        for policy in missing:
            done = subprocess.run([*command, "--policy", policy], check=True, capture_output=True, text=True)
            known[policy] = json.loads(done.stdout)["accuracy_pct"]
            file.write(f'"{policy}",{known[policy]}\n')
            file.flush()
    return known


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--test", nargs="?", const="kirchhoff", metavar="PROGRAM")
    options = arguments.parse_args()

    searches = study.runs(options.folder)
    best = BestSoFar(study.episodes(options.folder))
    if not options.test:
        study.print_csv(by_validation(best, rows) for rows in study.groups(searches).values())
        return
    found = {one[1] for row in searches for count in TEST_COUNTS if (one := best.after(row, count))}
    accuracies = test_accuracies(options.folder, found, options.test)
    reference = next(float(row["test_w8a8_pct"]) for row in searches if row["test_w8a8_pct"])
    study.print_csv(by_test(best, rows, reference, accuracies) for rows in study.groups(searches).values())


main()
