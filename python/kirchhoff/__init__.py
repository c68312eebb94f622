"""Hardware co-simulation of ReRAM in-memory accelerators with a bit-width search.

>>> import kirchhoff
>>> chip = kirchhoff.Chip(network="lenet5")
>>> chip.cost("W6A4").cost_ratio < 1
True
"""

from typing import List

from . import _home, _native
from ._chip import Chip
from ._data import load_dataset, load_model
from ._errors import Error, InputError, RunError, Stopped
from ._results import (
    Accuracy,
    Best,
    Cost,
    Dataset,
    Episode,
    Explanation,
    Layer,
    LayerCost,
    Model,
    Network,
    SearchResult,
    Simulation,
)
from ._search import Search
from ._settings import Config, PolicyLike

_home.settle()

__version__: str = _native.version


def networks() -> List[str]:
    """Names of the networks that come along."""
    return _native.networks()


def datasets() -> List[str]:
    """Names of the datasets that can be read."""
    return _native.datasets()


def presets() -> List[str]:
    """Names of the chips that come along."""
    return _native.presets()


def methods() -> List[str]:
    """Names of the search methods."""
    return _native.methods()


__all__ = [
    "Accuracy",
    "Best",
    "Chip",
    "Config",
    "Cost",
    "Dataset",
    "Episode",
    "Error",
    "Explanation",
    "InputError",
    "Layer",
    "LayerCost",
    "Model",
    "Network",
    "PolicyLike",
    "RunError",
    "Search",
    "SearchResult",
    "Simulation",
    "Stopped",
    "datasets",
    "load_dataset",
    "load_model",
    "methods",
    "networks",
    "presets",
]
