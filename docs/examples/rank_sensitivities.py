#!/usr/bin/env python3
"""How well sums over the slots rank policies: rank_sensitivities.py FOLDER [NAME=]SENSITIVITIES.csv …

FOLDER: of `kirchhoff compare`, or one of docs/results. SENSITIVITIES.csv: of the folder of a search that took gradients.
Prints CSV, a row per threshold and source: of the policies that cost at most 0.04 less than the threshold and were measured,
Spearman's rank correlation of the divergence with the sum of what every slot loses alone, once as the folder's probes
measured that and once for every file; and the place, from 1, that the sum gives to the least divergent of them.
"""

import csv
import statistics
import sys

import study

NEAR = 0.04

folder = sys.argv[1]
costs, divergences, thresholds = {}, {}, {}
for row in study.episodes(folder):
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
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            losses.setdefault((row["layer"], row["operand"]), []).append((int(row["bits"]), float(row["divergence_nats"])))
    return [falling(of_slot) for of_slot in losses.values()]


def sources():
    """(name, what the slots lose alone)."""
    measured = probes()
    if measured:
        yield "probes", measured
    for argument in sys.argv[2:]:
        name, _, path = argument.rpartition("=")
        yield name or path, gradients(path)


def ranked(near, losses):
    """(correlation, place of the least divergent)."""
    sums = ranks([sum(losses[slot][bits] for slot, bits in enumerate(slots(policy))) for policy in near])
    measured = ranks([divergences[policy] for policy in near])
    best = min(range(len(near)), key=measured.__getitem__)
    return statistics.correlation(sums, measured), sums[best]


def table():
    study_of = {key: study.runs(folder)[0][key] for key in ("network", "dataset")}
    named = list(sources())
    for th, value in sorted(thresholds.items(), key=lambda item: item[1]):
        near = [policy for policy in divergences
                if value - NEAR <= costs[policy] <= value and sum(bits < 8 for bits in slots(policy)) != 1]
        for name, losses in named if len(near) > 1 else []:
            correlation, place = ranked(near, losses)
            yield study_of | {"th": th, "policies": len(near), "by": name,
                              "correlation": study.number(correlation), "place": study.number(place)}


study.print_csv(table())
