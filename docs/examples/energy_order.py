"""Rank correlations of what two chips say of the same random policies.

usage: energy_order.py KIRCHHOFF NETWORK PRESET PRESET [POLICIES]"""
import csv
import os
import random
import subprocess
import sys
import tempfile


def measure(program, network, preset, folder):
    """Costs by (layer, weight bits, activation bits)."""
    path = os.path.join(folder, preset + ".csv")
    subprocess.run([program, "cost-table", "--network", network, "--preset", preset, "--out", path,
                    "--quiet"], check=True, stdout=subprocess.DEVNULL)
    with open(path, encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if line[0] != "#")
        return {(int(r["layer"]), int(r["w_bits"]), int(r["a_bits"])): r for r in rows}


def costs(table, policy):
    """Of the whole network: events, leakage, their sum in pJ, and ns."""
    def total(column):
        return sum(float(table[layer, w, a][column]) for layer, (w, a) in enumerate(policy))
    events, latency = total("event_energy_pj"), total("latency_ns")
    leakage = total("leakage_mw") * latency
    return {"energy": events + leakage, "events": events, "leakage": leakage, "latency": latency}


def ranks(values):
    result = [0] * len(values)
    for rank, at in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        result[at] = rank
    return result


def correlation(one, other):
    """Spearman's."""
    n = len(one)
    return 1 - 6 * sum((a - b) ** 2 for a, b in zip(ranks(one), ranks(other))) / (n * (n * n - 1))


def main():
    program, network, *presets = sys.argv[1:5]
    with tempfile.TemporaryDirectory() as folder:
        tables = [measure(program, network, preset, folder) for preset in presets]
    layers = 1 + max(layer for layer, _, _ in tables[0])
    draw = random.Random(1)
    policies = [[(8, 8) if layer in (0, layers - 1) else (draw.randint(2, 8), draw.randint(2, 8))
                 for layer in range(layers)] for _ in range(int((sys.argv + ["300"])[5]))]
    found = [[costs(table, policy) for policy in policies] for table in tables]
    share = [sum(c["leakage"] / c["energy"] for c in chip) / len(chip) for chip in found]
    print(f"leakage                 {share[0]:.0%} and {share[1]:.0%} of the energy")
    for one, other in (("energy", "energy"), ("leakage", "energy"), ("events", "energy"),
                       ("latency", "latency")):
        rho = correlation([c[one] for c in found[0]], [c[other] for c in found[1]])
        print(f"{one:8}against {other:8}{rho:.3f}")
    within = correlation([c["leakage"] for c in found[0]], [c["energy"] for c in found[0]])
    print(f"leakage of the first against its own energy {within:.3f}")


main()
