"""docs/examples/tour.ipynb runs from its first cell to its last, and holds no outputs itself."""
import json
import os
import subprocess
import sys
import tempfile

import support

support.need("matplotlib", "nbconvert", "ipykernel")
notebook = sys.argv[1]
with open(notebook, encoding="utf-8") as file:
    cells = json.load(file)["cells"]
assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells), "outputs do not belong into the repository"
with tempfile.TemporaryDirectory() as folder:
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": folder, "JUPYTER_DATA_DIR": folder, "IPYTHONDIR": folder,
                   "JUPYTER_RUNTIME_DIR": folder}
    # Pictures belong into the notebook here.
    environment.pop("MPLBACKEND", None)
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", folder, "--output", "done",
                    "--ExecutePreprocessor.timeout=240", notebook], env=environment, check=True)
    with open(os.path.join(folder, "done.ipynb"), encoding="utf-8") as file:
        done = json.load(file)["cells"]
pictures = sum("image/png" in output.get("data", {}) for cell in done for output in cell.get("outputs", []))
assert pictures == 4, f"{pictures} pictures"
assert all(cell["execution_count"] for cell in done if cell["cell_type"] == "code")
