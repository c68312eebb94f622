"""What chips and searches answer."""

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Layer:
    """A layer of a network, as the chip computes it. Shapes are (channels, rows, columns)."""

    name: str
    kind: str
    input: Tuple[int, int, int]
    output: Tuple[int, int, int]
    kernel: Tuple[int, int]
    weights: int
    windows: int
    macs: int


@dataclass(frozen=True)
class Network:
    """A network as the chip computes it."""

    name: str
    image: Tuple[int, int, int]
    layers: Tuple[Layer, ...]
    #: Names of the layers that a policy has bits for, in its order.
    policy_layers: Tuple[str, ...]


@dataclass(frozen=True)
class LayerCost:
    """What one layer takes of a Cost. Layers may overlap, so latencies need not add up."""

    name: str
    weight_bits: int
    activation_bits: int
    latency_ns: float
    energy_pj: float
    power_rated_mw: float
    area_um2: float
    crossbars: int
    pes: int
    tiles: int


@dataclass(frozen=True)
class Cost:
    """What an inference costs under a policy, or cost.batch of them. Ratios are to W8A8 on the same chip."""

    policy: str
    latency_ns: float
    energy_pj: float
    power_rated_mw: float
    area_um2: float
    latency_ratio: float
    energy_ratio: float
    power_ratio: float
    cost_ratio: float
    crossbars: int
    tiles: int
    mean_weight_bits: float
    layers: Tuple[LayerCost, ...]


@dataclass(frozen=True)
class Accuracy:
    """How well the network does under a policy on the images of a split."""

    accuracy_pct: float
    w8a8_accuracy_pct: float
    #: Mean Kullback-Leibler divergence of the class probabilities from those at W8A8.
    divergence_nats: float
    split: str
    images: int


@dataclass(frozen=True, eq=False)
class Simulation:
    """Images as the chip computed them. Every integer was compared with the golden inference, and is equal to it."""

    #: images x outputs; times ``logit_scale`` they are real values.
    logits: NDArray[np.int64]
    logit_scale: float
    predictions: NDArray[np.int64]
    #: Outputs and accumulators.
    compared: int
    clipped_conversions: int
    #: Of the first image.
    latency_ns: float
    #: From the first pixel of the first image to the last result of the last one.
    duration_ns: float
    #: Of all images.
    energy_pj: float


@dataclass(frozen=True)
class Explanation:
    """Where a number comes from; ``str()`` is what ``kirchhoff explain`` prints."""

    quantity: str
    meaning: str
    unit: str
    formula: str
    result: float
    #: The number of the report; None where it does not print this one.
    reported: Optional[float]
    #: Whether it follows from parts, counts and constants to 1e-12 of its value.
    reconciles: bool
    parts: List[Dict[str, Any]]
    counts: List[Dict[str, Any]]
    constants: List[Dict[str, Any]]
    checks: List[Dict[str, Any]]
    notes: List[str]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images: unsigned bytes, images x channels x rows x columns, padded as the network takes them."""

    name: str
    title: str
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    files: Tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network in floating point."""

    network: str
    dataset: str
    #: Its file; empty where the network's own file has the weights.
    path: str
    #: JSON: how it was made.
    provenance: str
    #: By layer: weights (outputs x inputs x kernel rows x kernel columns) and biases.
    layers: Mapping[str, Tuple[NDArray[np.float32], NDArray[np.float32]]]


@dataclass(frozen=True)
class Best:
    """The best policy within th so far."""

    episode: int
    policy: str
    accuracy_pct: float
    divergence_nats: float
    cost_ratio: float


@dataclass(frozen=True)
class Episode:
    """One policy that a search tried, and the best so far."""

    episode: int
    episodes: int
    policy: str
    cost_ratio: float
    latency_ratio: float
    energy_ratio: float
    power_ratio: float
    #: None where the cost ruled the policy out before it was measured.
    accuracy_pct: Optional[float]
    divergence_nats: Optional[float]
    reward: float
    feasible: bool
    best: Optional[Best]


@dataclass(frozen=True)
class SearchResult:
    """The outcome of a search. ``summary`` is what the run folder's summary.json holds."""

    #: What the search returns; None when no policy was within th.
    policy: Optional[str]
    accuracy_pct: Optional[float]
    cost_ratio: Optional[float]
    summary: Dict[str, Any]
    #: That were tried since the search was started or resumed.
    episodes: Tuple[Episode, ...]


def _shape(data: Sequence[int]) -> Tuple[int, int, int]:
    channels, rows, columns = data
    return channels, rows, columns


def network_from(data: Mapping[str, Any]) -> Network:
    layers = tuple(
        Layer(
            name=layer["name"],
            kind=layer["kind"],
            input=_shape(layer["input"]),
            output=_shape(layer["output"]),
            kernel=(layer["kernel"][0], layer["kernel"][1]),
            weights=layer["weights"],
            windows=layer["windows"],
            macs=layer["macs"],
        )
        for layer in data["layers"]
    )
    return Network(data["network"], _shape(data["image"]), layers, tuple(data["policy_layers"]))


def cost_from(data: Dict[str, Any]) -> Cost:
    layers = tuple(LayerCost(**layer) for layer in data.pop("layers"))
    return Cost(layers=layers, **data)


def episode_from(data: Dict[str, Any]) -> Episode:
    best = data.pop("best")
    return Episode(best=None if best is None else Best(**best), **data)
