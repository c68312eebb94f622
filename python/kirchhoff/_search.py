"""Searches of bit widths."""

import json
import os
import tempfile
from contextlib import ExitStack
from typing import Any, Callable, Dict, List, Mapping, Optional

from ._chip import Chip
from ._errors import InputError, Stopped
from ._results import Episode, SearchResult, episode_from
from ._settings import Config, PathLike, value_text, chip_settings
from ._worker import Worker

#: Called after every episode; what it raises stops the search in good order.
Callback = Callable[[Episode], None]


class Search:
    """A search of the bit widths of every layer, as ``kirchhoff search`` runs it: the same settings give the same bytes.

    It runs in a worker process, whose chip is its own. ``chip`` lends its settings; without one, ``config``, ``network`` and so
    on are those of Chip. ``options`` are keys as in a run's config.json: {"limit": "latency", "ppo.discount": 0.9}.
    """

    def __init__(
        self,
        method: str = "ppo-masked",
        th: float = 0.8,
        chip: Optional[Chip] = None,
        *,
        config: Config = "table4",
        network: PathLike = "lenet5",
        dataset: Optional[str] = None,
        weights: Optional[PathLike] = None,
        data_dir: Optional[PathLike] = None,
        weight_quantizer: str = "linear",
        images: int = 0,
        threads: int = 0,
        episodes: int = 300,
        seed: int = 1,
        race_images: int = 1000,
        device: str = "cpu",
        cost_table: Optional[PathLike] = None,
        options: Optional[Mapping[str, Any]] = None,
        out: Optional[PathLike] = None,
        resume: bool = False,
    ) -> None:
        if chip is not None:
            self._chip = chip.settings
        else:
            self._chip = chip_settings(
                config, network, dataset, weights, data_dir, weight_quantizer, "mvm", images, threads, False
            )
        texts = {key: value_text(value) for key, value in dict(options or {}).items()}
        texts.setdefault("episodes", str(episodes))
        if seed < 0 or race_images < 0:
            raise InputError(f"seed = {seed}, race_images = {race_images}: must be at least 0")
        if resume and out is None:
            raise InputError("resume: needs out, the folder of the run to go on with")
        self._out = None if out is None else os.path.abspath(os.fspath(out))
        self._settings: Dict[str, Any] = {
            "chip": self._chip,
            "method": method,
            "th": float(th),
            "seed": int(seed),
            "race_images": int(race_images),
            "device": device,
            "cost_table": "" if cost_table is None else os.path.abspath(os.fspath(cost_table)),
            "options": texts,
            "resume": bool(resume),
        }

    def run(self, callback: Optional[Callback] = None) -> SearchResult:
        """Runs it to its end. ``callback`` is called after every episode.

        An exception of the callback, or Ctrl-C, stops the search and is raised once its run folder is in order; with ``out`` and
        ``resume`` another Search goes on with it, to the same bytes.
        """
        episodes: List[Episode] = []

        def tell(text: str) -> None:
            episode = episode_from(json.loads(text))
            episodes.append(episode)
            if callback is not None:
                callback(episode)

        with ExitStack() as stack:
            out = self._out
            if out is None:
                out = os.path.join(stack.enter_context(tempfile.TemporaryDirectory(prefix="kirchhoff-")), "run")
            worker = Worker("search", {})
            stack.callback(worker.close)
            text = worker.call("run", {**self._settings, "folder": out}, tell=tell)
        if text is None:
            raise Stopped(f"stopped after {len(episodes)} episodes")
        return _result(json.loads(text), episodes)


def _result(summary: Dict[str, Any], episodes: List[Episode]) -> SearchResult:
    answer = summary["final"] or summary["best"]
    if answer is None:
        return SearchResult(None, None, None, summary, tuple(episodes))
    return SearchResult(
        answer["policy"], answer["accuracy_pct"], answer["cost_ratio"], summary, tuple(episodes)
    )
