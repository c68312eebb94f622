"""Stands in for Gymnasium where it is not installed: as much of its face as kirchhoff.gym touches."""
import numpy as np

from . import spaces

registered = {}


class Env:
    metadata = {"render_modes": []}
    render_mode = None
    spec = None
    _np_random = None

    def reset(self, *, seed=None, options=None):
        if seed is not None:
            self._np_random = np.random.default_rng(seed)

    @property
    def np_random(self):
        if self._np_random is None:
            self._np_random = np.random.default_rng()
        return self._np_random

    @property
    def unwrapped(self):
        return self

    def close(self):
        pass


def register(id, entry_point):
    registered[id] = entry_point
