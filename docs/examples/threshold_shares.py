#!/usr/bin/env python3
"""How hard is a threshold? threshold_shares.py PROGRAM NETWORK POLICIES

Asks `kirchhoff serve --stdio` for the costs of so many uniformly random policies, first and last layer at 8 bits. Prints
CSV, for the cost of a search and for each of its terms: the least that a policy can cost as a ratio to W8A8, all layers
between at 2 bits, and by threshold the share of the policies within it.
"""

import json
import random
import subprocess
import sys

import study

THRESHOLDS = (0.5, 0.6, 0.7, 0.8)
TERMS = {"all three terms": "cost_ratio", "energy": "energy_ratio", "latency": "latency_ratio", "rated power": "power_ratio"}

program, network, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
between = {"lenet5": 3, "vgg13": 6}[network]
draw = random.Random(7)
policies = [["2/2"] * between] + [[f"{draw.randint(2, 8)}/{draw.randint(2, 8)}" for _ in range(between)] for _ in range(count)]
requests = "".join(json.dumps({"id": number, "policy": ",".join(["8/8", *layers, "8/8"]), "want": ["cost"]}) + "\n"
                   for number, layers in enumerate(policies))
done = subprocess.run([program, "serve", "--stdio", "--network", network], input=requests, capture_output=True, text=True,
                      check=True)
costs = [json.loads(line)["cost"] for line in done.stdout.splitlines() if '"id"' in line]


def table():
    for term, key in TERMS.items():
        for threshold in THRESHOLDS:
            share = sum(cost[key] <= threshold for cost in costs[1:]) / count
            yield {"network": network, "policies": count, "cost": term, "floor": study.number(costs[0][key]),
                   "th": threshold, "within_pct": study.number(100 * share)}


study.print_csv(table())
