"""Where presets, models and modules of this installation are."""

from pathlib import Path

from . import _native


def _program_folder() -> Path:
    package = Path(__file__).resolve().parent
    for folder in (package, *package.parents):
        # Beside the program in a build, and inside the package of a wheel.
        if (folder / "presets").is_dir() and (folder / "models").is_dir():
            return folder
        if (folder / "share" / "kirchhoff" / "presets").is_dir():
            return folder / "bin"
    raise ImportError(f"{package}: no installation of Kirchhoff around it: no share/kirchhoff/presets")


def settle() -> None:
    """Tells the compiled part."""
    _native.set_program_folder(str(_program_folder()))
