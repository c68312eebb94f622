"""Chips and searches in processes of their own, since SystemC has one chip per process.

A worker gets one request at a time over a socket, (method, arguments), and answers with ("result", value) or ("error", exception),
after any number of ("tell", value): these the caller answers with True to go on or False to stop.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple

from . import _home, _native
from ._errors import RunError

#: A search that does not end in good order within so many seconds is ended.
_PATIENCE_S = 10.0

_MAIN = "from kirchhoff._worker import main; main()"


class Worker:
    """A process with a chip of its own (kind "chip", which has the methods of _native.Chip), or with searches ("search")."""

    def __init__(self, kind: str, settings: Dict[str, Any]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _MAIN, str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()],
                env=_environment(),
                stdin=subprocess.DEVNULL,
            )
        self._connection = Connection(ours.detach())
        self._lock = threading.Lock()
        try:
            self.call(kind, settings)
        except BaseException:
            self.close()
            raise

    def call(self, method: str, *arguments: Any, tell: Optional[Callable[[Any], None]] = None) -> Any:
        """What the worker makes of it. An exception of ``tell`` stops the work in good order and is raised then; one that is no
        Exception, such as KeyboardInterrupt, ends the worker."""
        raised: Optional[Exception] = None
        with self._lock:
            try:
                self._connection.send((method, arguments))
                kind, value = self._connection.recv()
                while kind == "tell":
                    if raised is None and tell is not None:
                        try:
                            tell(value)
                        except Exception as error:
                            raised = error
                    self._connection.send(raised is None)
                    kind, value = self._connection.recv()
            except (EOFError, OSError) as error:
                self.close()
                status = self._process.returncode
                raise RunError(f"the process of the chip has ended, with status {status}") from error
            except BaseException:
                self.close(patience_s=0.0 if tell is None else _PATIENCE_S)
                raise
        if raised is not None:
            raise raised
        if kind == "error":
            raise value
        return value

    @property
    def ended(self) -> bool:
        return self._connection.closed

    def close(self, patience_s: float = 0.0) -> None:
        """Ends the process: what it does now is given up, or, where there is patience, stopped in good order."""
        self._connection.close()
        if patience_s > 0:
            self._process.terminate()
            try:
                self._process.wait(patience_s)
            except subprocess.TimeoutExpired:
                pass
        self._process.kill()
        self._process.wait()


def _environment() -> Dict[str, str]:
    """With which the process imports this package, and nothing out of the folder that it happens to start in."""
    environment = dict(os.environ)
    paths = [str(Path(__file__).resolve().parent.parent)]
    if environment.get("PYTHONPATH"):
        paths.append(environment["PYTHONPATH"])
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    environment["PYTHONSAFEPATH"] = "1"
    if "GOMP_SPINCOUNT" not in environment:
        # LibTorch's threads sleep where they wait, as the program's do.
        environment.setdefault("OMP_WAIT_POLICY", "passive")
    return environment


class _Searches:
    """What a worker of searches can be asked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        _native.stop_on(signal.SIGTERM)

    def run(self, settings: Dict[str, Any]) -> Optional[str]:
        return _native.run_search(**settings, tell=self._tell)

    def _tell(self, episode: str) -> None:
        self._connection.send(("tell", episode))
        if not self._connection.recv():
            raise RuntimeError("stopped by the caller")


def _end_with(parent: int) -> None:
    """Ends this process when its parent is gone."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE_S)
    os._exit(1)


def _answer(target: Any, method: str, arguments: Tuple[Any, ...]) -> Tuple[str, Any]:
    try:
        return "result", getattr(target, method)(*arguments)
    except Exception as error:
        return "error", error


def main() -> None:
    # Ctrl-C is the caller's, who says what is to be stopped.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(int(sys.argv[2]),), daemon=True).start()
    _home.settle()
    connection = Connection(int(sys.argv[1]))
    target: Any = None
    while True:
        try:
            method, arguments = connection.recv()
            if target is not None:
                connection.send(_answer(target, method, arguments))
                continue
            try:
                target = _native.Chip(*arguments) if method == "chip" else _Searches(connection)
                connection.send(("result", None))
            except Exception as error:
                connection.send(("error", error))
        except (EOFError, OSError):
            return

