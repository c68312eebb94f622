#!/usr/bin/env python3
"""Policies that were searched for one chip on another: edge_cloud.py costs|layers|draw FOLDER PROGRAM [OUT.svg]

FOLDER holds folders PRESET-LIMIT of `kirchhoff compare`, a search each (docs/results/edge-cloud).

costs:  CSV, a row per policy and chip: what an image takes there, in a batch as the preset has it, and against W8A8 there; the
        loss on the test set.
layers: CSV, a row per layer: its kind, the bits that each policy gives it, and what bounds it on each chip at W8A8.
draw:   the bits of activations and weights of every layer, a panel per limit and operand, by gnuplot, from FOLDER/layers.csv.
"""

import csv
import json
import pathlib
import subprocess
import sys

import study

CHIPS = ("edge", "cloud")
what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
program = sys.argv[3]


def searches():
    """(preset, limit) of every folder, and its search."""
    for place in sorted(folder.glob("*/runs.csv"), key=lambda file: file.parent.name.split("-")[::-1]):
        preset, limit = place.parent.name.split("-")
        (run,) = study.runs(place.parent)
        yield preset, limit, run


def simulated(network, preset, policy, *options):
    command = [program, "simulate", "--network", network, "--preset", preset, "--policy", policy, "--timing-only", *options]
    return json.loads(subprocess.run([*command, "--json", "-"], check=True, stdout=subprocess.PIPE).stdout)


def costs():
    for preset, limit, run in searches():
        for chip in CHIPS:
            done = simulated(run["network"], chip, run["final_policy"])
            images = done["images_in_run"]
            yield {"limit": limit, "policy of": preset, "on": chip,
                   "latency_us": study.number(done["duration_ns"] / images / 1e3),
                   "latency_ratio": study.number(done["ratio"]["latency"]),
                   "energy_uj": study.number(done["energy_pj"] / images / 1e6),
                   "energy_ratio": study.number(done["ratio"]["energy"]),
                   "test_loss": study.number(float(run["test_w8a8_pct"]) - float(run["test_answer_pct"])),
                   "policy": run["final_policy"]}


def kind(layer):
    """By the names that MobileNets' layers have in this project."""
    for name in ("dw", "expand", "project"):
        if layer.endswith("." + name):
            return {"dw": "depthwise"}.get(name, name)
    return "other"


def layers():
    found = list(searches())
    bounds = {chip: simulated(found[0][2]["network"], chip, "W8A8", "--roofline") for chip in CHIPS}
    policies = {f"{preset} {limit}": run["final_policy"].split(",") for preset, limit, run in found}
    # Layers without weights have no pair in a policy.
    at = 0
    for row, layer in enumerate(bounds["edge"]["layers"]):
        if not layer["crossbars"]:
            continue
        cells = {"layer": layer["name"], "kind": kind(layer["name"])}
        for name, pairs in policies.items():
            cells[f"{name} w"], cells[f"{name} a"] = pairs[at].split("/")
        for chip in CHIPS:
            cells[f"bound on {chip}"] = bounds[chip]["roofline"][row]["bound"]
        at += 1
        yield cells


def draw(out):
    rows = list(csv.DictReader((folder / "layers.csv").open(encoding="utf-8")))
    names = [name[:-2] for name in rows[0] if name.endswith(" a")]
    limits = sorted({name.split()[1] for name in names}, reverse=True)
    panels, data = [], []
    for limit in limits:
        for operand, title in (("a", "activations"), ("w", "weights")):
            bits = [[row[f"{chip} {limit} {operand}"] for chip in CHIPS] for row in rows]
            if all(one == ["8", "8"] for one in bits):
                continue  # nothing to see
            block = f"$data{len(data)}"
            lines = "\n".join(f"{number} {' '.join(one)}" for number, one in enumerate(bits))
            data.append(f"{block} << EOD\n{lines}\nEOD\n")
            panels.append(f"set title 'limit on {limit}: bits of {title}' offset 0,-0.7\n"
                          f"plot {block} using ($1-0.2):2 with boxes lc rgb '#1b6ca8' title 'searched for edge', "
                          f"{block} using ($1+0.2):3 with boxes lc rgb '#e0873c' title 'for cloud'")
    # Depthwise layers stand on grey, and have names.
    grey = "\n".join(f"set object rectangle from {number - 0.5},0 to {number + 0.5},11 behind fc rgb '#e4e4e4' fs solid noborder"
                     for number, row in enumerate(rows) if row["kind"] == "depthwise")
    ticks = ", ".join(f"'{row['layer']}' {number}" for number, row in enumerate(rows) if row["kind"] == "depthwise")
    script = f"""set terminal svg size 960,{180 * len(panels)} font 'sans,12' background rgb 'white'
set output '{out}'
set multiplot layout {len(panels)},1 margins 0.04,0.99,0.09,0.94 spacing 0,0.13
set style fill solid 1.0 noborder
set boxwidth 0.4
set yrange [0:11]
set ytics 2,2,8
set xrange [-0.7:{len(rows) - 0.3}]
set xtics ({ticks}) rotate by 45 right font ',9' scale 0
set key top right horizontal samplen 2
{grey}
{''.join(data)}
""" + "\n".join(panels) + "\nunset multiplot\n"
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


if what == "draw":
    draw(sys.argv[4])
else:
    study.print_csv({"costs": costs, "layers": layers}[what]())
