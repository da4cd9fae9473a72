"""The processes below `duban up`: how each is started, what it prints into, and how all of them end."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from states.errors import Sentence, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

LARGEST_LOG: Final = 10 << 20
_PORT_TAKEN: Final = Sentence(
    "端口 {host}:{port} 已被占用，请停止占用它的程序，或另设 {name}。",
    "The port {host}:{port} is taken; stop the program that holds it, or set {name}.",
)
_PR_SET_PDEATHSIG: Final = 1


@dataclass(slots=True)
class ChildProcess:
    """A process that must be running."""

    name: str
    command: list[str]
    environment: dict[str, str]
    may_start: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None
    pause: float = 1.0
    not_before: float = 0.0
    started: float = 0.0
    starts: int = field(default=0)


def end_with_parent() -> None:
    """Ask the kernel, in the child, for a SIGTERM when the supervisor dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def log_of(home: Path, name: str) -> BinaryIO:
    """Open the file that takes what a child prints; one that has grown large gives way to a new one, once."""
    path = home / "logs" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def kill_group(leader: int) -> None:
    """End a process that leads a group, and all of its group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def kill(pid: int) -> None:
    """End one process, if it is still there."""
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError, PermissionError):
        return


def own_children() -> list[int]:
    """Return the processes whose parent this one is, adopted orphans included (Linux)."""
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii")
    except OSError:
        return []
    return [int(pid) for pid in listed.split()]


def reap_orphans(children: list[ChildProcess]) -> None:
    """Take notice of adopted orphans that have ended; our own children are left to their `Popen`."""
    ours = {child.process.pid for child in children if child.process is not None}
    for pid in own_children():
        if pid not in ours:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue


def is_answering(address: str) -> bool:
    """Say whether an address of our own answers."""
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:  # noqa: S310  # an address of our own, http
            return bool(answer.status == 200)  # noqa: PLR2004  # HTTP's OK
    except (OSError, urllib.error.URLError, ValueError):
        return False


def require_free(host: str, port: int, name: str) -> None:
    """Refuse to start where another program listens already.

    Raises:
        Unavailable: the port is taken; the sentence says by which setting it is chosen.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(_PORT_TAKEN.fill(host=host, port=port, name=name)) from error
