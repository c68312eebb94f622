#!/usr/bin/env python3
"""An extract of CSV files as a Markdown table: extract.py [NAME=]FILE.csv... --rows TEXT --cell TEXT [options]

Columns of a file stand in braces, with a format where they are numbers: '{answer_median:.2f} ({accuracies_median:.0f})'.
{A - B} is a difference of two columns, {file} the NAME of the file. Numbers of all rows that a cell is about, in whatever
file, are averaged; :±.2f adds ' ± ' and a number that may be missing, :se.2f ' ± ' and the standard error of the average.
A number that no row has is a dash.

--rows TEXT         what stands at the left, one row of the table for each text
--columns TEXT      what stands above, one column for each text; without it every --cell is a column
--cell HEAD=TEXT    what stands in a column; with --columns only TEXT
--corner TEXT       what stands above the rows
--only COLUMN=A,B   rows of the files that have one of these there; may be repeated
--sort              rows by their text, not in the order of the files
"""

import argparse
import csv
import statistics
import string
import sys


def plain(value, form):
    text = format(value, form)
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


class Values:
    """What the rows of a cell have in a column."""

    def __init__(self, texts):
        self.texts = texts

    def __format__(self, form):
        optional = form.startswith(("±", "se"))
        if not self.texts:
            return "" if optional or not form else "–"
        if not form:
            if len(set(self.texts)) > 1:
                sys.exit(f"not one text in a cell: {sorted(set(self.texts))}")
            return self.texts[0]
        numbers = [float(text) for text in self.texts]
        if form.startswith("se"):
            return f" ± {plain(statistics.stdev(numbers) / len(numbers) ** 0.5, form[2:])}" if len(numbers) > 1 else ""
        return (" ± " if optional else "") + plain(statistics.fmean(numbers), form.removeprefix("±"))


class Columns(dict):
    """The columns of some rows, by name."""

    known = set()  # of all files

    def __init__(self, rows):
        super().__init__()
        self.rows = rows

    def __missing__(self, name):
        left, minus, right = name.partition(" - ")
        unknown = {left, right} - {""} - self.known
        if unknown:
            sys.exit(f"no column {', '.join(sorted(unknown))}")
        if minus:
            return Values([str(float(row[left]) - float(row[right])) for row in self.rows if row.get(left) and row.get(right)])
        return Values([row[name] for row in self.rows if row.get(name)])


def fill(text, rows):
    return string.Formatter().vformat(text, (), Columns(rows))


def read(argument):
    name, equals, path = argument.rpartition("=")
    with open(path, encoding="utf-8") as file:
        return [row | {"file": name} for row in csv.DictReader(file)]


def main():
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("files", nargs="+")
    arguments.add_argument("--rows", required=True)
    arguments.add_argument("--columns")
    arguments.add_argument("--cell", action="append", required=True)
    arguments.add_argument("--corner", default="")
    arguments.add_argument("--only", action="append", default=[])
    arguments.add_argument("--sort", action="store_true")
    options = arguments.parse_args()

    rows = [row for file in options.files for row in read(file)]
    Columns.known = {column for row in rows for column in row}
    for column, _, wanted in (one.partition("=") for one in options.only):
        rows = [row for row in rows if row.get(column) in wanted.split(",")]
    if not rows:
        sys.exit("no rows")

    lines, heads = {}, {}
    for row in rows:
        line = lines.setdefault(fill(options.rows, [row]), {})
        if options.columns:
            cells = [(fill(options.columns, [row]), options.cell[0])]
        else:
            cells = [cell.partition("=")[::2] for cell in options.cell]
        for head, text in cells:
            heads[head] = text
            line.setdefault(head, []).append(row)

    print(f"| {' | '.join([options.corner, *heads])} |".replace("|  |", "| |"))
    print("|---" * (len(heads) + 1) + "|")
    for name in sorted(lines) if options.sort else lines:
        print("| " + " | ".join([name, *(fill(text, lines[name][head]) if head in lines[name] else "–"
                                         for head, text in heads.items())]) + " |")


main()
