"""Prose of the manual is laid out for reading: no line of it is longer than a screen is wide."""
import glob
import os
import re
import sys

COLUMNS = 140

top = sys.argv[1]
pages = sorted(glob.glob(os.path.join(top, "*.md")) + glob.glob(os.path.join(top, "docs", "*.md")))
too_long, seen = [], 0
for page in pages:
    with open(page, encoding="utf-8") as file:
        text = file.read()
    # What the program prints, and tables, are as wide as they are.
    text = re.sub(r"^```.*?^```", lambda block: "\n" * block.group(0).count("\n"), text, flags=re.S | re.M)
    for number, line in enumerate(text.splitlines(), 1):
        seen += 1
        if len(line) > COLUMNS and not line.startswith(("|", "![", "    ")):
            too_long.append(f"{os.path.relpath(page, top)}:{number}: {len(line)} characters")
if too_long:
    sys.exit("FAILED: lines of prose over {}:\n{}".format(COLUMNS, "\n".join(too_long)))
if len(pages) < 20 or seen < 1000:
    sys.exit(f"FAILED: only {len(pages)} pages, {seen} lines")
print(f"{len(pages)} pages, {seen} lines")
