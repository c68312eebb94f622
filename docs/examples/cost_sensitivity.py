#!/usr/bin/env python3
"""How much do the costs of policies, and their order, depend on the chip's constants?

usage: cost_sensitivity.py PROGRAM NETWORK POLICIES

Draws random policies, asks `kirchhoff serve --stdio` for their costs as ratios to W8A8, and compares
those of preset table4 with those of other chips: Spearman's rank correlation, and the differences of
the ratios (median, 95th percentile, largest)."""

import json
import random
import subprocess
import sys
import tempfile

PROGRAM, NETWORK, POLICIES = sys.argv[1], sys.argv[2], int(sys.argv[3])


def leakage(factor):
    """Flags that multiply every constant of leakage; an ADC's is 10 % of ISAAC's 2 mW."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        subprocess.run([PROGRAM, "config", "--json", file.name], check=True)
        keys = json.load(open(file.name))
    leaks = {key: entry["value"] for key, entry in keys.items() if "leak" in key and key.endswith("_mw")}
    leaks["adc.leak_mw"] = 0.199988736
    return [word for key, value in leaks.items() for word in ("--" + key, repr(factor * value))]


CHIPS = {
    "preset paper": ["--preset", "paper"],
    "preset isaac": ["--preset", "isaac"],
    "layers overlap": ["--chip.schedule", "pipelined"],
    "four ADCs per pair": ["--adc.per_pair", "4"],
    "ADC energy x 2": ["--adc.conversion_pj", "3.0"],
    "ADC energy / 2": ["--adc.conversion_pj", "0.75"],
    "DAC energy x 2": ["--dac.drive_pj", "0.702"],
    "eDRAM energy x 2": ["--edram.read_pj", "34.4", "--edram.write_pj", "34.4"],
    "bus energy x 2": ["--bus.byte_pj", "0.86"],
    "leakage x 2": leakage(2),
    "leakage / 2": leakage(0.5),
    "no leakage": leakage(0),
    "layers that wait switched off": ["--chip.unused", "gated_layers"],
    "tile clock / 2": ["--clock.tile_mhz", "600"],
    "network clock / 2": ["--clock.noc_mhz", "500"],
}


def answers(requests, flags):
    """The answers to requests, in their order, of a chip of its own."""
    text = "".join(json.dumps(request) + "\n" for request in requests)
    command = [PROGRAM, "serve", "--stdio", "--network", NETWORK, *flags]
    result = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in result.stdout.splitlines() if '"id"' in line]


def random_policies():
    """First and last layer at 8 bits, as a search leaves them."""
    layers = {"lenet5": 5, "vgg13": 8}[NETWORK]
    rng = random.Random(7)
    inner = [[f"{rng.randint(2, 8)}/{rng.randint(2, 8)}" for _ in range(layers - 2)] for _ in range(POLICIES)]
    return [",".join(["8/8", *slots, "8/8"]) for slots in inner]


def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0] * len(values)
    for rank, index in enumerate(order):
        result[index] = rank
    return result


def spearman(a, b):
    n = len(a)
    return 1 - 6 * sum((x - y) ** 2 for x, y in zip(ranks(a), ranks(b))) / (n * (n * n - 1))


def costs(flags):
    requests = [{"id": i, "policy": p, "want": ["cost"]} for i, p in enumerate(random_policies())]
    return [answer["cost"]["cost_ratio"] for answer in answers(requests, flags)]


reference = costs([])
print("| chip | rank correlation | median | 95 % | largest difference |\n|---|---|---|---|---|")
for name, flags in CHIPS.items():
    other = costs(flags)
    differences = sorted(abs(x - y) for x, y in zip(reference, other))
    middle, high = differences[len(differences) // 2], differences[int(0.95 * (len(differences) - 1))]
    print(f"| {name} | {spearman(reference, other):.4f} | {middle:.4f} | {high:.4f} | {differences[-1]:.4f} |")
