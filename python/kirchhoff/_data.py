"""Datasets and models as arrays."""

import os
from typing import Optional

from . import _native
from ._results import Dataset, Model
from ._settings import PathLike


def load_dataset(
    name: Optional[str] = None,
    split: str = "test",
    *,
    network: PathLike = "lenet5",
    data_dir: Optional[PathLike] = None,
) -> Dataset:
    """Images as ``network`` takes them, of "train", "validation" (what a search may look at) or "test". Without a name, the
    dataset that suits the network."""
    data = _native.load_dataset(
        name or "", split, os.fspath(network), "" if data_dir is None else os.fspath(data_dir)
    )
    return Dataset(data["name"], data["title"], data["images"], data["labels"], tuple(data["files"]))


def load_model(
    network: PathLike = "lenet5", dataset: Optional[str] = None, *, weights: Optional[PathLike] = None
) -> Model:
    """The trained weights of a network: those that come along, or of a model file."""
    data = _native.load_model(os.fspath(network), dataset or "", "" if weights is None else os.fspath(weights))
    return Model(**data)
