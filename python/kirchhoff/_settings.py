"""What a chip and its network are, as users say it."""

import os
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import NDArray

from ._errors import InputError

PathLike = Union[str, "os.PathLike[str]"]
#: A preset ("isaac"), an INI file ("my.ini", a Path), keys ({"adc.bits": 6}), or several of them, the later ones over the earlier.
Config = Union[PathLike, Mapping[str, Any], Sequence[Union[PathLike, Mapping[str, Any]]]]
#: "W6A4", "8/8,6/4,…", "model", or (weight, activation) bits of every layer: pairs, or an array of two columns.
PolicyLike = Union[str, Sequence[Sequence[int]], NDArray[Any]]


def value_text(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    return str(value)


def _is_file(name: str) -> bool:
    return name.endswith(".ini") or os.sep in name


def hardware(config: Config) -> Dict[str, Any]:
    """Preset, file and keys of a configuration."""
    layers: List[Any] = list(config) if isinstance(config, (list, tuple)) else [config]
    settings: Dict[str, Any] = {}
    keys: List[Tuple[str, str]] = []
    for layer in layers:
        if isinstance(layer, Mapping):
            keys += [(str(key), value_text(value)) for key, value in layer.items()]
            continue
        if not isinstance(layer, (str, os.PathLike)):
            raise InputError(f"config: {layer!r}: must be a preset, an INI file or a dict of keys")
        name = os.fspath(layer)
        kind = "config_file" if not isinstance(layer, str) or _is_file(name) else "preset"
        if keys or kind in settings or (kind == "preset" and "config_file" in settings):
            raise InputError(f"config: {name}: must be at most a preset, then a file, then keys")
        settings[kind] = name
    settings["hardware"] = keys
    return settings


def chip_settings(
    config: Config,
    network: PathLike,
    dataset: Optional[str],
    weights: Optional[PathLike],
    data_dir: Optional[PathLike],
    weight_quantizer: str,
    fidelity: str,
    images: int,
    threads: int,
    adc_exact: bool,
) -> Dict[str, Any]:
    """As the compiled part takes them."""
    for name, count in (("images", images), ("threads", threads)):
        if count < 0:
            raise InputError(f"{name} = {count}: must be at least 0")
    return {
        **hardware(config),
        "network": os.fspath(network),
        "dataset": dataset or "",
        "weights": "" if weights is None else os.fspath(weights),
        "data_dir": "" if data_dir is None else os.fspath(data_dir),
        "weight_quantizer": weight_quantizer,
        "fidelity": fidelity,
        "images": int(images),
        "threads": int(threads),
        "adc_exact": bool(adc_exact),
    }


def policy_text(policy: PolicyLike) -> str:
    """A policy as the program reads it; whether it fits the network the program says."""
    if isinstance(policy, str):
        return policy
    pairs = np.asarray(policy)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not np.issubdtype(pairs.dtype, np.integer):
        raise InputError("policy: must be a text, or whole numbers: (weight, activation) bits of every layer")
    return ",".join(f"{w}/{a}" for w, a in pairs.tolist())
