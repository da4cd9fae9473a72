"""What a service of Apprise's own may touch while it is at work: the network outside this machine, and nothing else.

The host in its address is only where such a service begins: it may follow an answer elsewhere, go to a mail server that
a parameter names, look a name up a second time (CWE-918), or read a file of this machine into its message (CWE-73). So
not what is written in the address is judged, but what is done: Python's audit events of connections, of files that are
opened and of programs that are started, in the thread in which the service works, for as long as it does.
"""

from __future__ import annotations

import os
import ssl
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies

import apprise

from notifications.outside import LeadsInside, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CONNECTS: Final = frozenset(("socket.connect", "socket.sendto", "socket.sendmsg"))
_PROGRAMS: Final = frozenset(("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"))
_CHANGES: Final = frozenset(("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.symlink"))
_SYSTEM: Final = (
    "/usr/lib",
    "/usr/share",
    "/etc/ssl",
    "/etc/pki",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/mime.types",
    "/etc/localtime",
    "/dev/urandom",
    "/dev/null",
)
"""Files of the system that a program reads to speak to others at all."""


class _Watch(local):
    """What is watched in this thread: nothing, or a service that may reach these hosts although they lead inside."""

    allowed: Sequence[str] | None = None
    refused: bool = False


_WATCH: Final = _Watch()


class Untouchable(PermissionError):  # noqa: N818  # says what is so, as all errors here
    """The service reached for something of this machine. An `OSError`, as libraries expect where nothing is reached."""


@contextmanager
def only_outside(allowed: Sequence[str]) -> Iterator[_Watch]:
    """Let what is done in this thread reach nothing inside; say in `refused` whether it tried.

    `allowed` are hosts and networks that may lead inside, beside the proxy that the environment names.
    """
    _listen()
    before = _WATCH.allowed
    _WATCH.allowed, _WATCH.refused = (*allowed, *_addresses(allowed), *_addresses(_proxies())), False
    try:
        yield _WATCH
    finally:
        _WATCH.allowed = before


def _proxies() -> list[str]:
    return [host for address in getproxies().values() if (host := urlsplit(address).hostname)]


def _addresses(hosts: Sequence[str]) -> list[str]:
    """Return what names stand for now: a connection is made to an address, and is known by that alone."""
    found = []
    for host in hosts:
        try:
            found += resolved(host, 0, (host,))
        except (OSError, UnicodeError, ValueError):  # a network, or a name that nobody knows now
            continue
    return found


@cache
def _listen() -> None:
    """Begin to judge. An audit hook stays for as long as the process runs; it is asked of everything, and quick."""
    sys.addaudithook(_judge)


@cache
def _readable() -> tuple[str, ...]:
    """Return what a service may read: Python with its libraries, and what the system says of certificates and names."""
    paths = ssl.get_default_verify_paths()
    libraries = Path(apprise.__file__).parents[1]
    own = [sys.prefix, sys.base_prefix, str(libraries), *_SYSTEM, *filter(None, (paths.cafile, paths.capath))]
    return tuple({form(path) for path in own for form in (os.path.abspath, os.path.realpath)})


def _judge(event: str, args: tuple[Any, ...]) -> None:
    allowed = _WATCH.allowed
    if allowed is None:
        return
    if event in _CONNECTS:
        if not _leads_outside(args[1], allowed):
            _refuse()
    elif event == "open":
        if not isinstance(args[0], int) and not _may_be_read(args[0]):
            _refuse()
        if _writes(args[2]):  # libraries try to keep what they have compiled, and go on without it
            raise Untouchable
    elif event in _PROGRAMS or event in _CHANGES:
        _refuse()


def _refuse() -> None:
    _WATCH.refused = True
    raise Untouchable


def _leads_outside(address: Any, allowed: Sequence[str]) -> bool:  # noqa: ANN401  # of any family
    if address is None:  # of a connection that was judged when it was made
        return True
    if not isinstance(address, tuple):  # a socket of this machine's own
        return False
    try:
        resolved(str(address[0]), 0, allowed)
    except LeadsInside:
        return False
    except (OSError, UnicodeError, ValueError):
        return True  # nobody knows it, and the connection will say so
    return True


def _may_be_read(path: Any) -> bool:  # noqa: ANN401  # as `open` takes it
    if not isinstance(path, (str, bytes)):
        return False
    # The place as it is written: to follow links, directories would be opened, and that would be asked here again.
    place = os.path.abspath(os.fsdecode(path))  # noqa: PTH100  # as above
    return any(place == root or place.startswith(f"{root}{os.sep}") for root in _readable())


def _writes(flags: Any) -> bool:  # noqa: ANN401  # as `open` takes them
    wanted = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    return isinstance(flags, int) and bool(flags & wanted)
