#!/usr/bin/env python3
"""Draws what searches had found after so many accuracies: loss_curves.py FOLDER TH OUT.svg [METHOD...]

FOLDER: of `kirchhoff compare`, or one of docs/results. A step line per method: the median over the seeds of the loss against
W8A8 of the best policy so far, in points on the images that the search looks at, from where all seeds have one to where the
last of them stops measuring. Draws with gnuplot.
"""

import collections
import statistics
import subprocess
import sys

import study

if len(sys.argv) < 4:
    sys.exit(__doc__)
folder, th, out = sys.argv[1:4]
wanted = sys.argv[4:]

runs = [row for row in study.runs(folder) if row["th"] == th]
methods = wanted or sorted({row["method"] for row in runs})
reference = {(row["method"], row["seed"]): float(row["w8a8_accuracy_pct"]) for row in runs}

# By run: (accuracies used, loss of the best so far), and the last count.
steps, last = collections.defaultdict(list), {}
for row in study.episodes(folder):
    run = row["method"], row["seed"]
    if row["th"] != th or row["method"] not in methods:
        continue
    last[run] = int(row["accuracy_evaluations"])
    if row["best_accuracy_pct"]:
        loss = reference[run] - float(row["best_accuracy_pct"])
        if not steps[run] or loss < steps[run][-1][1]:
            steps[run].append((last[run], loss))


def loss_at(run, count):
    reached = [loss for used, loss in steps[run] if used <= count]
    return reached[-1] if reached else None


plots, data, worst = [], [], 0.0
for number, method in enumerate(methods, 1):
    seeds = [run for run in last if run[0] == method]
    lines = []
    for count in sorted({used for run in seeds for used, _ in steps[run]} | {max((last[run] for run in seeds), default=0)}):
        losses = [loss_at(run, count) for run in seeds]
        if losses and None not in losses:
            lines.append((count, statistics.median(losses)))
    if not lines:
        continue
    worst = max(worst, lines[0][1])
    width = 3 if method in ("ppo-masked", "adaptive") else 1.5
    plots.append(f"'-' with steps lc {number} lw {width} title '{method}'")
    data.append("\n".join(f"{count} {loss}" for count, loss in lines) + "\ne\n")

script = f"""set terminal svg size 760,420 font 'sans,13' background rgb 'white'
set output '{out}'
set logscale x
set xrange [1:330]
set xtics (1, 2, 5, 10, 20, 50, 100, 200, 300)
set yrange [:{worst * 1.05}]
set xlabel 'accuracies measured'
set ylabel 'loss of the best policy so far, points below W8A8'
set grid lc rgb '#dddddd'
set key outside right noenhanced
set title noenhanced '{runs[0]["network"]} on {runs[0]["dataset"]}, th {th}: median of {len({row["seed"] for row in runs})} seeds'
plot {", ".join(plots)}
"""
subprocess.run(["gnuplot"], input=script + "".join(data), text=True, check=True)
