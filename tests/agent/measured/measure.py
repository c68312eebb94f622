#!/usr/bin/env python3
"""Measures the landscape that tests/agent/measured_landscape.h reads: usage: measure.py KIRCHHOFF [DATASET]

Writes NETWORK-DATASET-costs.csv and NETWORK-DATASET-scores.csv here: what every pair of widths of every free layer of
LeNet-5 adds to a policy's cost, and accuracy and divergence of every policy whose costs sum to 0.75 of W8A8's at most,
and of those in which a single slot is narrower than 8 bits.
"""

import csv
import itertools
import json
import pathlib
import subprocess
import sys

program, dataset = sys.argv[1], (sys.argv[2:] or ["mnist"])[0]
here = pathlib.Path(__file__).parent
LIMIT, WIDTHS, FREE = 0.75, range(2, 9), (1, 2, 3)
QUANTITIES = ("latency_ns", "energy_pj", "power_rated_mw")

text = subprocess.run([program, "cost-table", "--network", "lenet5"], capture_output=True, text=True, check=True).stdout
rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
shares = {}
for row in rows:
    key = int(row["layer"]), int(row["w_bits"]), int(row["a_bits"])
    shares[key] = [float(row[quantity]) for quantity in QUANTITIES]
layers = sorted({layer for layer, _, _ in shares})
whole = [sum(shares[layer, 8, 8][q] for layer in layers) for q in range(3)]
costs = {key: sum(share / total for share, total in zip(values, whole)) / 3 for key, values in shares.items()}
fixed = sum(costs[layer, 8, 8] for layer in layers if layer not in FREE)

with open(here / f"lenet5-{dataset}-costs.csv", "w") as file:
    file.write("layer,w_bits,a_bits,cost\n")
    file.write(f"fixed,8,8,{fixed!r}\n")
    for layer, w, a in itertools.product(FREE, WIDTHS, WIDTHS):
        file.write(f"{layer},{w},{a},{costs[layer, w, a]!r}\n")

pairs = list(itertools.product(WIDTHS, WIDTHS))
policies = [policy for policy in itertools.product(pairs, repeat=len(FREE))
            if fixed + sum(costs[layer, w, a] for layer, (w, a) in zip(FREE, policy)) <= LIMIT]
for slot, width in itertools.product(range(2 * len(FREE)), WIDTHS):
    widths = [8] * 2 * len(FREE)
    widths[slot] = width
    alone = tuple(zip(widths[::2], widths[1::2]))
    if alone not in policies:
        policies.append(alone)

server = subprocess.Popen([program, "serve", "--stdio", "--network", "lenet5", "--dataset", dataset],
                          text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
with open(here / f"lenet5-{dataset}-scores.csv", "w") as file:
    file.write("widths,accuracy_pct,divergence_nats\n")
    for policy in policies:
        widths = ",".join(f"{w}/{a}" for w, a in policy)
        server.stdin.write(json.dumps({"policy": f"8/8,{widths},8/8", "want": ["accuracy"]}) + "\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())["accuracy"]
        digits = "".join(f"{w}{a}" for w, a in policy)
        file.write(f"{digits},{answer['accuracy_pct']},{answer['divergence_nats']!r}\n")
server.stdin.close()
server.wait()
