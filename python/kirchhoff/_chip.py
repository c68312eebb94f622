"""A chip with a trained network on it."""

import json
import os
import threading
import weakref
from typing import Any, Dict, List, Optional, cast

import numpy as np
from numpy.typing import NDArray

from . import _native
from ._errors import InputError, RunError, Stopped
from ._results import Accuracy, Cost, Explanation, Network, Simulation, cost_from, network_from
from ._settings import Config, PathLike, PolicyLike, chip_settings, policy_text
from ._worker import Worker

#: The chip that lives in this process.
_resident: Optional["weakref.ref[Chip]"] = None


def _place_is_free() -> bool:
    """Whether a chip may live in this process: SystemC elaborates one, even if nobody has it any more."""
    return not _native.has_chip() and (_resident is None or _resident() is None)


class Chip:
    """A chip and a trained network as a function of the policy.

    SystemC has one chip per process. The first chip lives in this process, all others in a worker process each, behind the same
    methods; ``process`` asks for "here" or "worker". In a worker, arrays are copied to it and back. A chip whose run is
    interrupted (Ctrl-C) is lost; its object goes on in a new worker process.

    A chip may be used by several threads, one after the other, may be pickled, and survives ``os.fork()``: what comes out of
    these is another chip of the same settings.
    """

    def __init__(
        self,
        config: Config = "table4",
        network: PathLike = "lenet5",
        dataset: Optional[str] = None,
        *,
        weights: Optional[PathLike] = None,
        data_dir: Optional[PathLike] = None,
        weight_quantizer: str = "linear",
        fidelity: str = "mvm",
        images: int = 0,
        threads: int = 0,
        adc_exact: bool = False,
        process: str = "auto",
    ) -> None:
        settings = chip_settings(
            config, network, dataset, weights, data_dir, weight_quantizer, fidelity, images, threads, adc_exact
        )
        self._begin(settings, process)

    def _begin(self, settings: Dict[str, Any], process: str) -> None:
        if process not in ("auto", "here", "worker"):
            raise InputError(f"process = {process}: must be auto, here or worker")
        if process == "here" and not _place_is_free():
            raise RunError("process = here: this process has a chip already, and can have one only; choose worker")
        self._settings = settings
        self._process = process
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._worker: Optional[Worker] = None
        self._local: Optional[_native.Chip] = None
        if process == "here" or (process == "auto" and _place_is_free()):
            global _resident
            self._local = _native.Chip(settings)
            _resident = weakref.ref(self)
        data = json.loads(self._call("network"))
        self._network = network_from(data)
        self._dataset = cast(str, data["dataset"])

    def __getstate__(self) -> Dict[str, Any]:
        return {"settings": self._settings}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self._begin(state["settings"], "auto")

    def __repr__(self) -> str:
        return f"<kirchhoff.Chip {self._network.name} on {self._dataset}, {self.process}>"

    def _call(self, method: str, *arguments: Any) -> Any:
        if self._pid != os.getpid():
            # A fork: the chip and the socket are the parent's.
            self._pid, self._lock = os.getpid(), threading.RLock()
            self._local, self._worker = None, None
        with self._lock:
            if self._local is not None:
                try:
                    return getattr(self._local, method)(*arguments)
                except (KeyboardInterrupt, Stopped):
                    if self._process == "auto":
                        self._local = None
                    raise
            if self._worker is None:
                self._worker = Worker("chip", self._settings)
                weakref.finalize(self, _close_own, self._worker, self._pid)
            worker = self._worker
            try:
                return worker.call(method, *arguments)
            finally:
                if worker.ended:
                    self._worker = None

    @property
    def process(self) -> str:
        """Where it lives: "here" or "worker"."""
        return "here" if self._local is not None else "worker"

    @property
    def settings(self) -> Dict[str, Any]:
        """What it was made of, for Search."""
        return dict(self._settings)

    @property
    def network(self) -> Network:
        return self._network

    @property
    def dataset(self) -> str:
        return self._dataset

    def policy(self, policy: PolicyLike) -> str:
        """The policy in full, "8/8,6/4,…"; InputError where it does not fit the network."""
        return cast(str, self._call("policy", policy_text(policy)))

    def bits(self, policy: PolicyLike) -> NDArray[np.int64]:
        """The policy as an array: a row of (weight, activation) bits for every layer of ``network.policy_layers``."""
        pairs = [pair.split("/") for pair in self.policy(policy).split(",")]
        return np.array(pairs, dtype=np.int64)

    def cost(self, policy: PolicyLike) -> Cost:
        """What one inference under the policy costs, simulated cycle by cycle, beside W8A8 on the same chip."""
        return cost_from(json.loads(self._call("cost", policy_text(policy))))

    def accuracy(self, policy: PolicyLike, split: str = "validation") -> Accuracy:
        """Exact accuracy in the chip's integers. "validation" is what a search may look at, "test" is for results."""
        return Accuracy(**json.loads(self._call("accuracy", policy_text(policy), split)))

    def simulate(self, policy: PolicyLike, images: NDArray[np.uint8], *, stream: bool = False) -> Simulation:
        """Runs images on the chip, integer by integer, each compared with the golden inference (RunError where one differs).

        ``images``: unsigned bytes, count x channels x rows x columns, or one image; they are not copied where they lie in that
        order in memory and the chip lives in this process. With ``stream`` they are one run, where they overlap if
        ``chip.schedule`` is pipelined.
        """
        pixels = np.asarray(images)
        if pixels.dtype != np.uint8:
            raise InputError(f"images: must be uint8, not {pixels.dtype}")
        shape = self._network.image
        if pixels.shape == shape:
            pixels = pixels[np.newaxis]
        if pixels.ndim != 4 or pixels.shape[1:] != shape:
            raise InputError(f"images: {pixels.shape}: must be count x {' x '.join(map(str, shape))}")
        return Simulation(**self._call("simulate", policy_text(policy), np.ascontiguousarray(pixels), stream))

    def explain(self, quantity: str, policy: PolicyLike = "W8A8") -> Explanation:
        """Where a number of the costs comes from: "latency", "C3.energy.adc", …; quantities() has them all."""
        data, text = self._call("explain", policy_text(policy), quantity)
        return Explanation(text=text, **json.loads(data))

    def quantities(self, policy: PolicyLike = "W8A8") -> List[str]:
        """What explain() can explain."""
        return cast(List[str], self._call("quantities", policy_text(policy)))


def _close_own(worker: Worker, pid: int) -> None:
    if os.getpid() == pid:
        worker.close()
