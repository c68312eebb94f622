"""What the tests of the Python package share."""
import importlib
import json
import os
import subprocess
import sys
import unittest

SKIPPED = 77


def need(*modules):
    """Skips the test where one of them is not installed."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            if module == "kirchhoff":
                raise
            print(f"skipped: {error}")
            sys.exit(SKIPPED)


need("numpy", "kirchhoff")


def program_json(program, folder, *arguments):
    """What `kirchhoff … --json` writes."""
    path = os.path.join(folder, "out.json")
    subprocess.run([program, *arguments, "--json", path], check=True, stdout=subprocess.DEVNULL)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def run():
    """The tests of the calling script, whose arguments are its own."""
    unittest.main(argv=sys.argv[:1], verbosity=2)
