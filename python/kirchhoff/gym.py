"""A Gymnasium environment: an episode chooses the bit widths of a network, layer by layer.

>>> from kirchhoff.gym import BitWidths
>>> env = BitWidths(th=0.8)
>>> observation, info = env.reset(seed=1)
>>> observation, reward, terminated, truncated, info = env.step(env.action_space.sample())

Where Gymnasium is installed, BitWidths is a gymnasium.Env with Gymnasium's spaces, registered as "kirchhoff/BitWidths-v0". Elsewhere
its spaces are small ones of the same face (shape, dtype, n, sample(), seed(), contains()).
"""

import importlib
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

import numpy as np
from numpy.typing import NDArray

from . import _native
from ._chip import Chip
from ._errors import InputError, RunError

gymnasium: Any
try:
    gymnasium = importlib.import_module("gymnasium")
except ImportError:
    gymnasium = None


class _Space:
    """What agents ask of a space."""

    def __init__(self, shape: Tuple[int, ...], dtype: Any) -> None:
        self.shape = shape
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._np_random = np.random.default_rng()

    def seed(self, seed: Optional[int] = None) -> List[int]:
        self._np_random = np.random.default_rng(seed)
        return [] if seed is None else [seed]

    def __contains__(self, x: Any) -> bool:
        return self.contains(x)

    def contains(self, x: Any) -> bool:
        raise NotImplementedError


class _Box(_Space):
    def __init__(self, low: float, high: float, shape: Tuple[int, ...]) -> None:
        super().__init__(shape, np.float32)
        self.low, self.high = np.full(shape, low, np.float32), np.full(shape, high, np.float32)

    def sample(self) -> NDArray[np.float32]:
        return self._np_random.uniform(self.low, self.high).astype(np.float32)

    def contains(self, x: Any) -> bool:
        return (
            isinstance(x, np.ndarray)
            and x.dtype == self.dtype
            and x.shape == self.shape
            and bool(np.all(x >= self.low) and np.all(x <= self.high))
        )


class _Discrete(_Space):
    def __init__(self, n: int) -> None:
        super().__init__((), np.int64)
        self.n, self.start = n, 0

    def sample(self) -> np.int64:
        return np.int64(self._np_random.integers(self.n))

    def contains(self, x: Any) -> bool:
        return isinstance(x, (int, np.integer)) and not isinstance(x, bool) and 0 <= int(x) < self.n


def _box(low: float, high: float, shape: Tuple[int, ...]) -> Any:
    return gymnasium.spaces.Box(low, high, shape, np.float32) if gymnasium else _Box(low, high, shape)


def _discrete(n: int) -> Any:
    return gymnasium.spaces.Discrete(n) if gymnasium else _Discrete(n)


class _PlainEnv:
    """What Gymnasium's Env does for one that is derived from it."""

    def __init__(self) -> None:
        self.np_random = np.random.default_rng()

    def reset(self, *, seed: Optional[int] = None, options: Optional[Dict[str, Any]] = None) -> Any:
        if seed is not None:
            self.np_random = np.random.default_rng(seed)

    @property
    def unwrapped(self) -> Any:
        return self

    def close(self) -> None:
        """There is nothing to close: the chip may be others', too."""


if TYPE_CHECKING or not gymnasium:
    _Env = _PlainEnv
else:
    _Env = gymnasium.Env


class BitWidths(_Env):
    """One episode is one policy. Each step chooses the bits of a slot, the weights or the activations of a layer, in the order of
    ``slots``; the first and the last layer keep 8 bits. Action i means 2 + i bits.

    Observation: 8 numbers in [0, 1], what the paper's agent sees before the step: layer index, output channels, input channels,
    map side, kernel side, stride, 0 for weights and 1 for activations, the action before. After the last step all are 0 but the
    last.

    Reward: 0 until the last step; then the paper's, ``scale`` x (accuracy - W8A8's) where the cost ratio is at most ``th`` and
    the loss at most ``max_loss_points``, else -1 (less by ``cost_slope`` x (cost / th - 1) beyond th). The accuracy is measured
    only where the cost permits.

    ``info`` of the last step: "policy", "cost_ratio", "latency_ratio", "energy_ratio", "power_ratio", "latency_ns", "energy_pj",
    "feasible", "accuracy_pct" and "w8a8_accuracy_pct" (None where it was not measured). What an episode costs is remembered, so
    that a policy which comes again takes no time.

    ``chip`` or, without one, the arguments of Chip.
    """

    metadata: Dict[str, Any] = {"render_modes": []}
    render_mode: Optional[str] = None
    spec: Any = None

    def __init__(
        self,
        chip: Optional[Chip] = None,
        *,
        th: float = 0.8,
        split: str = "validation",
        scale: float = 0.1,
        max_loss_points: float = 10.0,
        cost_slope: float = 0.0,
        **chip_arguments: Any,
    ) -> None:
        super().__init__()
        if chip is not None and chip_arguments:
            raise InputError(f"{', '.join(chip_arguments)}: the chip says that already")
        self._chip = chip if chip is not None else Chip(**chip_arguments)
        self._space = _native.PolicySpace(self._chip.settings["network"], "cost")
        self._split = split
        self._reward = {
            "th": float(th),
            "scale": float(scale),
            "max_loss_points": float(max_loss_points),
            "cost_slope": float(cost_slope),
        }
        _native.reward(1.0, None, 0.0, **self._reward)  # refuses what is out of range
        self._known: Dict[str, Tuple[float, Dict[str, Any]]] = {}
        self._taken: Optional[List[int]] = None
        self.observation_space = _box(0.0, 1.0, (_native.state_size,))
        self.action_space = _discrete(_native.actions)

    @property
    def chip(self) -> Chip:
        return self._chip

    @property
    def slots(self) -> List[Tuple[str, str]]:
        """What the steps choose: (layer, "weight" or "activation")."""
        return self._space.slots()

    def bits(self, action: int) -> int:
        """The width that an action means."""
        return _native.min_bits + int(action)

    def reset(
        self, *, seed: Optional[int] = None, options: Optional[Dict[str, Any]] = None
    ) -> Tuple[NDArray[np.float32], Dict[str, Any]]:
        """Begins an episode. Nothing of an episode is left to chance; ``seed`` seeds ``np_random`` and nothing else."""
        super().reset(seed=seed)
        self._taken = []
        return self._observation(), {}

    def step(self, action: Any) -> Tuple[NDArray[np.float32], float, bool, bool, Dict[str, Any]]:
        if self._taken is None:
            raise RunError("step: the episode is over; call reset()")
        if not self.action_space.contains(action):
            raise InputError(f"action {action}: must be in [0, {_native.actions - 1}]")
        self._taken.append(int(action))
        if len(self._taken) < len(self.slots):
            return self._observation(), 0.0, False, False, {}
        policy = self._space.policy(self._taken)
        if policy not in self._known:
            self._known[policy] = self._outcome(policy)
        reward, info = self._known[policy]
        observation = np.zeros(_native.state_size, np.float32)
        observation[-1] = self._taken[-1] / (_native.actions - 1)
        self._taken = None
        return observation, reward, True, False, dict(info)

    def render(self) -> None:
        """There is nothing to see."""

    def _observation(self) -> NDArray[np.float32]:
        return self._space.state(self._taken or []).astype(np.float32)

    def _outcome(self, policy: str) -> Tuple[float, Dict[str, Any]]:
        cost = self._chip.cost(policy)
        feasible = cost.cost_ratio <= self._reward["th"]
        accuracy = self._chip.accuracy(policy, self._split) if feasible else None
        reward = _native.reward(
            cost.cost_ratio,
            accuracy.accuracy_pct if accuracy else None,
            accuracy.w8a8_accuracy_pct if accuracy else 0.0,
            **self._reward,
        )
        return reward, {
            "policy": policy,
            "cost_ratio": cost.cost_ratio,
            "latency_ratio": cost.latency_ratio,
            "energy_ratio": cost.energy_ratio,
            "power_ratio": cost.power_ratio,
            "latency_ns": cost.latency_ns,
            "energy_pj": cost.energy_pj,
            "feasible": feasible,
            "accuracy_pct": accuracy.accuracy_pct if accuracy else None,
            "w8a8_accuracy_pct": accuracy.w8a8_accuracy_pct if accuracy else None,
        }


if gymnasium:
    gymnasium.register(id="kirchhoff/BitWidths-v0", entry_point="kirchhoff.gym:BitWidths")
