"""Reads the folders of `kirchhoff compare` and those of docs/results; writes tables as CSV. For the scripts beside it."""

import csv
import io
import lzma
import pathlib
import statistics
import sys


def runs(folder):
    """A row per search."""
    with open(pathlib.Path(folder) / "runs.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def episodes(folder):
    """A row per episode of all searches, in their order."""
    packed = pathlib.Path(folder) / "episodes.csv.xz"
    if packed.exists():
        text = lzma.open(packed, "rt", encoding="utf-8").read()
    else:
        text = (pathlib.Path(folder) / "episodes.csv").read_text(encoding="utf-8")
    return csv.DictReader(io.StringIO(text))


def groups(rows):
    """The searches that differ in nothing but the seed, by (method, th), in the order of the rows."""
    found = {}
    for row in rows:
        found.setdefault((row["method"], row["th"]), []).append(row)
    return found


def number(value):
    """As it is written: without the noise of floating-point differences, empty where there is none."""
    return "" if value is None else f"{round(value, 6) + 0.0:.10g}"


def spread(name, values):
    """Median, least and largest as three columns; empty where one of the values is missing."""
    whole = values and None not in values
    shown = (statistics.median(values), min(values), max(values)) if whole else (None, None, None)
    return {f"{name}_{which}": number(value) for which, value in zip(("median", "least", "largest"), shown)}


def print_csv(rows):
    rows = list(rows)
    writer = csv.DictWriter(sys.stdout, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
