#!/usr/bin/env python3
"""Prints the table of docs/cells.md: a network's accuracy over chips, effect by effect.

  docs/examples/cells.py build/kirchhoff [--seeds=1..20] [--OPTION=VALUE of evaluate...]
"""
import json
import subprocess
import sys
import tempfile

POLICIES = ["W8A8", "W6A4", "W4A4"]
EFFECTS = [
    ("none", []),
    ("`spread` `neurram`", ["--cells.spread", "neurram"]),
    ("`spread` `neurram_2d`", ["--cells.spread", "neurram_2d"]),
    ("`spread` `wan`", ["--cells.spread", "wan"]),
    ("`spread` `milo`, 50 to 225 uS",
     ["--cells.spread", "milo", "--cells.g_max_us", "225", "--cells.on_off_ratio", "4.5"]),
    ("`spread` `cmo_hfox`", ["--cells.spread", "cmo_hfox"]),
    ("`spread` `normal`, `sigma` 0.05", ["--cells.spread", "normal", "--cells.sigma", "0.05"]),
    ("the same, 0.1", ["--cells.spread", "normal", "--cells.sigma", "0.1"]),
    ("0.1, `verify_tolerance` 0.05",
     ["--cells.spread", "normal", "--cells.sigma", "0.1", "--cells.verify_tolerance", "0.05"]),
    ("0.1, `mapping.slices` `magnitude`",
     ["--cells.spread", "normal", "--cells.sigma", "0.1", "--mapping.slices", "magnitude"]),
    ("`stuck_low` 0.01", ["--cells.stuck_low", "0.01"]),
    ("`stuck_low` 0.05", ["--cells.stuck_low", "0.05"]),
    ("`stuck_high` 0.001", ["--cells.stuck_high", "0.001"]),
    ("`stuck_high` 0.01", ["--cells.stuck_high", "0.01"]),
    ("`stuck_high` 0.01, whole columns",
     ["--cells.stuck_high", "0.01", "--cells.stuck_cluster", "column"]),
    ("`drift` `cmo_hfox`, a year", ["--cells.drift", "cmo_hfox", "--cells.age_s", "31536000"]),
    ("`drift` `power`, `drift_exponent` -0.02, a day",
     ["--cells.drift", "power", "--cells.drift_exponent", "-0.02", "--cells.age_s", "86400"]),
    ("`wire_ohm` 0.5", ["--cells.wire_ohm", "0.5"]),
    ("`wire_ohm` 1", ["--cells.wire_ohm", "1"]),
    ("`wire_ohm` 2.5", ["--cells.wire_ohm", "2.5"]),
]


def measure(program, policy, effect, more):
    """Mean accuracy in per cent, spread over chips in points, or None without chips."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        seeds = more if effect else [word for word in more if not word.startswith("--seeds")]
        subprocess.run([program, "evaluate", "--quiet", "--policy", policy, "--json", out.name,
                        *effect, *seeds], check=True)
        report = json.load(open(out.name))
    if not effect:
        return report["accuracy_pct"], None
    return report["adc_exact"]["accuracy_pct"], report["adc_exact"].get("spread_points")


def main():
    program, more = sys.argv[1], sys.argv[2:] or ["--seeds=1..20"]
    print("| effect | " + " | ".join(POLICIES) + " |")
    print("|---" * (1 + len(POLICIES)) + "|")
    for name, effect in EFFECTS:
        cells = []
        for policy in POLICIES:
            mean, spread = measure(program, policy, effect, more)
            cells.append(f"{mean:.2f}" + (f" ± {spread:.2f}" if spread is not None else ""))
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
