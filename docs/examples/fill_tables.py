#!/usr/bin/env python3
"""Makes the tables of a page that are extracts of CSV files: fill_tables.py PAGE.md

A comment <!-- extract.py … --> in the page is the command whose table stands below it; it is run where the page lies, and
what it prints takes the place of that table.
"""

import pathlib
import re
import shlex
import subprocess
import sys

page = pathlib.Path(sys.argv[1])
extract = pathlib.Path(__file__).resolve().parent / "extract.py"


def with_table(match):
    command = [sys.executable, str(extract), *shlex.split(match["arguments"])]
    done = subprocess.run(command, cwd=page.parent, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(match['comment'].split())}\n{done.stderr}")
    return f"{match['comment']}\n\n{done.stdout}\n"


text = page.read_text(encoding="utf-8")
filled, count = re.subn(r"(?P<comment><!-- extract\.py (?P<arguments>(?s:.*?)) -->)\n+(?:\|.*\n)*\n*", with_table, text)
page.write_text(filled, encoding="utf-8")
print(f"{count} tables")
