"""Every picture of docs/images is in the list there that says how it is made, a folder of alike ones as a whole, and a page
shows it."""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
folder = top / "docs" / "images"
listed = (folder / "README.md").read_text(encoding="utf-8")
pages = "".join(page.read_text(encoding="utf-8") for page in [*top.glob("*.md"), *top.glob("docs/*.md")])
files = [str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and file.name != "README.md"]
for name in files:
    part_of = name.split("/")[0] + "/" if "/" in name else name
    if f"`{part_of}`" not in listed:
        sys.exit(f"FAILED: docs/images/README.md does not say how {name} is made")
    if f"images/{name}" not in pages:
        sys.exit(f"FAILED: no page shows docs/images/{name}")
for name in re.findall(r"`([\w-]+\.(?:svg|png|gtkw))`", listed):
    if name not in files:
        sys.exit(f"FAILED: docs/images/README.md lists {name}, which is not there")
print(f"{len(files)} files")
