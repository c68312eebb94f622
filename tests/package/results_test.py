"""The tables of docs/results and of docs/results.md are those that docs/examples/results.sh makes of the
searches that lie there, to the byte: results_test.py TOP [PROGRAM]. With PROGRAM those of its `report`, too."""
import difflib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

top, program = pathlib.Path(sys.argv[1]), sys.argv[2:]
with tempfile.TemporaryDirectory() as scratch:
    docs = pathlib.Path(scratch) / "docs"
    for folder in ("examples", "results"):
        shutil.copytree(top / "docs" / folder, docs / folder)
    shutil.copy(top / "docs" / "results.md", docs)
    # What lies beside the searches must be made, not left.
    made = [file for pattern in ("losses_by_accuracies*.csv", "learning.csv", "ranks.csv") for file in docs.rglob(pattern)]
    made += [*docs.rglob("report/*.csv"), *(docs / "results/edge-cloud").glob("*.csv")] if program else []
    for file in made:
        file.unlink()
    done = subprocess.run([docs / "examples" / "results.sh", *map(os.path.abspath, program)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"FAILED: results.sh: exit code {done.returncode}\n{done.stderr}")

    compared = 0
    for file in [docs / "results.md", *sorted((docs / "results").rglob("*.csv"))]:
        name = file.relative_to(docs)
        original = top / "docs" / name
        if not original.exists():
            sys.exit(f"FAILED: results.sh makes docs/{name}, which is not there")
        is_so, should_be = (path.read_text(encoding="utf-8").splitlines() for path in (original, file))
        if is_so != should_be:
            changes = list(difflib.unified_diff(is_so, should_be, "as it is", "as results.sh makes it", lineterm="", n=0))
            sys.exit("FAILED: docs/{}\n{}".format(name, "\n".join(changes[:20])))
        compared += 1
    missing = [file for file in made if not file.exists()]
    if missing or compared < 30:
        sys.exit(f"FAILED: {compared} tables; not made: {[str(file.relative_to(docs)) for file in missing]}")
print(f"{compared} files")
