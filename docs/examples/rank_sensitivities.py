#!/usr/bin/env python3
"""How well sums over the slots rank policies: rank_sensitivities.py FOLDER SENSITIVITIES.csv …

FOLDER: of `kirchhoff compare`, or one of docs/results. SENSITIVITIES.csv: of the folder of a search that took gradients.
Prints a Markdown table: by threshold, of the policies that cost at most 0.04 less than it and were measured, Spearman's
rank correlation of the divergence with the sum of what every slot loses alone, once as the folder's probes measured that
and once for every file; and in brackets the place, from 1, that the sum gives to the least divergent of them.
"""

import csv
import io
import lzma
import pathlib
import statistics
import sys

NEAR = 0.04

folder = pathlib.Path(sys.argv[1])
packed = folder / "episodes.csv.xz"
text = lzma.open(packed, "rt").read() if packed.exists() else open(folder / "episodes.csv").read()

costs, divergences, thresholds = {}, {}, {}
for row in csv.DictReader(io.StringIO(text)):
    policy = tuple(tuple(map(int, layer.split("/"))) for layer in row["policy"].split(","))
    thresholds[row["th"]] = float(row["th"])
    costs[policy] = float(row["cost_ratio"])
    if row["divergence_nats"]:
        divergences[policy] = float(row["divergence_nats"])


def slots(policy):
    """The widths that a search chooses: weights, then activations, of all layers but the first and the last."""
    return [bits for layer in policy[1:-1] for bits in layer]


def ranks(values):
    """From 1; equal values share the mean of their ranks."""
    order = sorted(values)
    first = {value: place for place, value in reversed(list(enumerate(order, 1)))}
    last = {value: place for place, value in enumerate(order, 1)}
    return [(first[value] + last[value]) / 2 for value in values]


def falling(losses):
    """The nearest sequence that never rises, by least squares: [(bits, loss), ...] by ascending bits."""
    pools = []
    for bits, loss in losses:
        pools.append(([bits], loss))
        while len(pools) > 1 and pools[-2][1] < pools[-1][1]:
            (left, one), (right, other) = pools[-2:]
            pools[-2:] = [(left + right, (one * len(left) + other * len(right)) / (len(left) + len(right)))]
    return {bits: loss for widths, loss in pools for bits in widths}


def probes():
    """By slot and width, of the policies with one slot below 8 bits; None unless every slot has all widths."""
    alone = {}
    for policy, divergence in divergences.items():
        less = [(slot, bits) for slot, bits in enumerate(slots(policy)) if bits < 8]
        if len(less) == 1:
            alone.setdefault(less[0][0], {})[less[0][1]] = max(0.0, divergence)
    count = len(slots(next(iter(costs))))
    if len(alone) < count or any(len(widths) < 6 for widths in alone.values()):
        return None
    return [{8: 0.0, **falling(sorted(alone[slot].items()))} for slot in range(count)]


def gradients(path):
    losses = {}
    for row in csv.DictReader(open(path)):
        losses.setdefault((row["layer"], row["operand"]), []).append((int(row["bits"]), float(row["divergence_nats"])))
    return [falling(of_slot) for of_slot in losses.values()]


sources = [("summed probes", probes())] + [(path, gradients(path)) for path in sys.argv[2:]]
print("| th | policies | " + " | ".join(name for name, _ in sources) + " |")
print("|---" * (len(sources) + 2) + "|")
for th, value in sorted(thresholds.items(), key=lambda item: item[1]):
    near = [policy for policy in divergences
            if value - NEAR <= costs[policy] <= value and sum(bits < 8 for bits in slots(policy)) != 1]
    cells = []
    for _, losses in sources:
        if losses is None or len(near) < 2:
            cells.append("–")
            continue
        sums = ranks([sum(losses[slot][bits] for slot, bits in enumerate(slots(policy))) for policy in near])
        measured = ranks([divergences[policy] for policy in near])
        best = min(range(len(near)), key=measured.__getitem__)
        cells.append(f"{statistics.correlation(sums, measured):.3f} ({sums[best]:g})")
    print(f"| {th} | {len(near)} | " + " | ".join(cells) + " |")
