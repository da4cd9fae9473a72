"""Programs under test that run by themselves: a free port for each, waiting for what they come to, finding them."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT: Final = Path(__file__).parents[2]
BUSY_SECONDS: Final = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: Callable[[], Any], seconds: float = 240) -> Any:
    """Return what `what` gives as soon as it gives something; a server that does not answer yet gives nothing."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            found = what()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"{what} gave nothing in {seconds} s")


def ask(address: str, content: dict[str, Any] | None = None, method: str | None = None, *, login: str = "") -> Any:
    """Return what an address answers, with content to a POST unless another method is named.

    Prefect's server answers 503 while its own loops write its database; what it refuses so, it has not done, and it is
    asked again for a while.

    Raises:
        OSError: no answer, or one that is an error.
    """
    data = json.dumps(content).encode() if content is not None else None
    headers = {"Content-Type": "application/json"}
    if login:
        headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
    request = urllib.request.Request(address, data, headers, method=method)  # noqa: S310  # our own
    busy_until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # our own
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > busy_until:
                raise
            time.sleep(0.3)
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(f"half an answer from {address}") from error


def processes(home: Path) -> dict[int, str]:
    """Return the living processes that belong to this home, by what their environment says."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                mine = f"DUBAN_HOME={home}\0".encode() in (entry / "environ").read_bytes() + b"\0"
                command = (entry / "cmdline").read_text("utf-8").replace("\0", " ")
            except OSError:
                continue
            if mine and command:
                found[int(entry.name)] = command
    return found
