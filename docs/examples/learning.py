#!/usr/bin/env python3
"""How searches go on, by 50 episodes: learning.py FOLDER

FOLDER: of `kirchhoff compare`, or one of docs/results. Prints CSV, a row per threshold, method and 50 episodes, means over
the seeds: how many episodes lie within th, the reward and the cost of an episode, and how many of the 50 policies differ.
Probes of single slots are left out.
"""

import statistics
import sys

import study

WINDOW = 50

windows = {}
for row in study.episodes(sys.argv[1]):
    if row["probe"] == "1":
        continue
    run = windows.setdefault((row["th"], row["method"]), {}).setdefault(row["seed"], [])
    run.append(row)


def of_run(episodes):
    return (100 * statistics.fmean(row["feasible"] == "1" for row in episodes),
            statistics.fmean(float(row["reward"]) for row in episodes),
            statistics.fmean(float(row["cost_ratio"]) for row in episodes),
            100 * len({row["policy"] for row in episodes}) / len(episodes))


def table():
    first = study.runs(sys.argv[1])[0]
    for (th, method), seeds in windows.items():
        for start in range(0, max(map(len, seeds.values())), WINDOW):
            runs = [of_run(part) for episodes in seeds.values() if (part := episodes[start:start + WINDOW])]
            names = ("within_th_pct", "reward", "cost_ratio", "different_pct")
            yield {"network": first["network"], "dataset": first["dataset"], "th": th, "method": method,
                   "first_episode": start + 1, "last_episode": start + WINDOW, "seeds": len(runs)} | {
                       name: study.number(statistics.fmean(values)) for name, values in zip(names, zip(*runs))}


study.print_csv(table())
