"""The clips that lie beside the models are those that a calibration finds on this machine.

usage: shipped_clips_test.py KIRCHHOFF MODELS"""
import os
import shutil
import subprocess
import sys
import tempfile


def main():
    program, models = map(os.path.abspath, sys.argv[1:3])
    shipped = [name for name in os.listdir(models)
               if name.startswith("clips-lenet5-fashion-mnist-")]
    assert len(shipped) == 1, shipped
    with tempfile.TemporaryDirectory() as folder:
        # Elsewhere no clips lie beside the model.
        model = shutil.copy(os.path.join(models, "lenet5-fashion-mnist.kmodel"), folder)
        cache = os.path.join(folder, "cache")
        subprocess.run([program, "evaluate", "--weights", model, "--policy", "W8A8", "--images", "10"],
                       env={**os.environ, "KIRCHHOFF_CACHE": cache}, check=True,
                       stdout=subprocess.DEVNULL)
        with open(os.path.join(models, shipped[0]), "rb") as file:
            expected = file.read()
        with open(os.path.join(cache, shipped[0]), "rb") as file:
            assert file.read() == expected, "other clips"


main()
