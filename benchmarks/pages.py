"""How fast every page and list answers over many cases, beside the same over 1,000: p50 and p95 at 20 requests a second.

    python -m benchmarks.pages                      1,000 and 200,000 cases on SQLite
    python -m benchmarks.pages --postgresql 1000000 and 1,000 and so many cases on PostgreSQL
    python -m benchmarks.pages --keep FOLDER        keep the offices there, and take those that are there
    python -m benchmarks.pages --only /report --who director,head
    python -m benchmarks.pages --first 20           each 20 times, and only what comes near to a bound 200 times

The requests come over HTTP to the real server in a process of its own, on a plan: one every 50 ms, whether or not the
one before has been answered, so that a slow answer makes those behind it wait, as it would in an office. It prints one
table for each database, and ends with 1 if an address does not meet its bounds.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import httpx2

from benchmarks.addresses import addresses
from benchmarks.large_office import entered, filled
from tests.support.databases import postgres_server
from web.dependencies import COOKIE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

ENVIRON: Final = os.environ  # noqa: TID251  # for the server's process, which reads its own settings from it
RATE: Final = 20
"""Requests a second."""
REQUESTS: Final = 200
"""How often each address is asked for."""
LATEST: Final = 100
"""Milliseconds within which 95 of 100 answers must be there."""
SLOWER: Final = 1.5
"""How many times as long as over 1,000 cases it may take."""
FIRST: Final = 900
"""Seconds for an answer: the first report that a process counts reads the whole period."""
HEAVIEST: Final = 100_000
"""Bytes of a page at most; what programs read may be as long as they ask for."""
SMALL: Final = 1_000
WHO: Final = "officer,director,head,auditor,admin"
_FIRST_REFUSAL: Final = 300
_LARGE_SERVER: Final = """
shared_buffers = '2GB'
effective_cache_size = '8GB'
max_wal_size = '8GB'
random_page_cost = 1.1
"""
"""As docs/operations.md has it for a machine with 16 GiB."""


class Told(NamedTuple):
    """How fast one address answered, in milliseconds, and how heavy the answer is, in bytes."""

    middle: float
    late: float
    weight: int


@contextmanager
def server(environment: dict[str, str]) -> Iterator[str]:
    """Run the real server in a process of its own; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "web.app:make_app", "--factory", "--port", str(port)]
    # A connection that waits between two addresses stays open: closed by the server, it would fail the next request.
    command += ["--log-level", "error", "--no-access-log", "--timeout-keep-alive", str(FIRST)]
    process = subprocess.Popen(command, env={**ENVIRON, **environment}, cwd=Path(__file__).parent.parent)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                if httpx2.get(f"{address}/health/live").is_success:
                    break
            except httpx2.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


async def asked(address: str, path: str, cookie: str, requests: int) -> Told | None:
    """Ask for one address steadily; return how long the answers took, each from when it was due; nothing if refused."""
    async with httpx2.AsyncClient(base_url=address, cookies={COOKIE: cookie}, timeout=FIRST) as client:
        await client.get(path)
        answer = await client.get(path)
        if answer.status_code >= _FIRST_REFUSAL and not path.startswith("/health"):  # elsewhere, or refused
            return None
        began = asyncio.get_running_loop().time()

        async def one(n: int) -> float:
            wanted = began + n / RATE
            await asyncio.sleep(max(0, wanted - asyncio.get_running_loop().time()))
            await client.get(path)
            return (asyncio.get_running_loop().time() - wanted) * 1000

        took = list(await asyncio.gather(*(one(n) for n in range(requests))))
    return Told(statistics.median(took), statistics.quantiles(took, n=20)[18], len(answer.content))


def measured(  # which office, how large, asked for what by whom, how often
    folder: Path,
    url: str,
    total: int,
    wanted: argparse.Namespace,
    requests: int,
    only: Collection[tuple[str, str]] | None = None,
) -> dict[tuple[str, str], Told]:
    """Return how the addresses answer everybody, over so many cases, by address and by who asks; or `only` these."""
    began, note = time.perf_counter(), folder / "office.txt"
    if not note.exists():
        filled(folder, url, total)
        note.write_text(f"{total} cases, filled in {time.perf_counter() - began:.0f} s\n", "utf-8")
    environment, cookies = entered(folder, url, wanted.who.split(","))
    print(f"{total:,} cases after {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    found = {}
    with server(environment) as address:
        for path in (path for path in addresses(total) if wanted.only in path):
            for who, cookie in cookies.items():
                key = path.replace(str(total // 2), "N").replace(str(total // 10), "M"), who
                if only is not None and key not in only:
                    continue
                told = asyncio.run(asked(address, path, cookie, requests))
                if told is not None:
                    found[key] = told
                    print(
                        f"{total:>9,} {told.middle:8.1f} {told.late:8.1f}  {who} {key[0]}", file=sys.stderr, flush=True
                    )
    return found


def faults(path: str, large: Told, small: Told) -> str:
    """Return which bounds the address does not meet, in one word each."""
    found = []
    if large.late > LATEST:
        found.append("late")
    if large.late > SLOWER * small.late:
        found.append("slower")
    if large.weight > HEAVIEST and not path.startswith("/api/"):
        found.append("heavy")
    return " ".join(found)


def near(small: Mapping[tuple[str, str], Told], large: Mapping[tuple[str, str], Told]) -> set[tuple[str, str]]:
    """Return what comes so near to a bound, asked for a few times, that it must be asked for as often as is promised."""
    return {
        key
        for key, told in large.items()
        if key in small and (told.late > LATEST / 2 or told.late > SLOWER * small[key].middle)
    }


def table(small: dict[tuple[str, str], Told], large: dict[tuple[str, str], Told], title: str) -> int:
    """Print both offices side by side, the slowest first; return how many addresses do not meet a bound."""
    print(
        f"\n{title}\n{'address':44} {'role':9} {'p50':>7} {'p95':>7} {'large p50':>9} {'p95':>7} {'ratio':>6} {'kB':>7}"
    )
    both = {key: (told, small[key]) for key, told in large.items() if key in small}
    bad = 0
    for (path, who), (told, of_small) in sorted(both.items(), key=lambda item: -item[1][0].late):
        wrong = faults(path, told, of_small)
        bad += bool(wrong)
        times = f"{of_small.middle:7.1f} {of_small.late:7.1f} {told.middle:9.1f} {told.late:7.1f}"
        print(f"{path:44} {who:9} {times} {told.late / of_small.late:6.2f} {told.weight / 1000:7.1f} {wrong}")
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{len(both)} addresses, {bad} beyond a bound; load of the machine {load}", flush=True)
    return bad


def main() -> int:
    """Measure, and print a table for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200_000, help="on SQLite; 0 for none")
    parser.add_argument("--postgresql", type=int, default=0, help="so many on PostgreSQL")
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--first", type=int, default=0, help="ask so often first; as often as --requests near a bound")
    parser.add_argument("--keep", type=Path, help="keep the offices in this folder, and take those that are there")
    parser.add_argument("--only", default="", help="ask only for addresses in which this stands")
    parser.add_argument("--who", default=WHO, help="who asks, joined by commas")
    wanted = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as closing:
        folder = wanted.keep or Path(name)
        for kind, cases in (("sqlite", wanted.cases), ("postgresql", wanted.postgresql)):
            offices = []
            for total in (SMALL, cases) if cases else ():
                home = folder / f"{kind}-{total}"
                home.mkdir(parents=True, exist_ok=True)
                url = f"sqlite:///{home / 'duban.db'}"
                if kind == "postgresql":
                    # Beside the office's own folder, which nobody but its owner may enter: the server is another user.
                    server_folder = folder / f"{kind}-{total}-server"
                    server_folder.mkdir(exist_ok=True)
                    keep = wanted.keep is not None
                    url = closing.enter_context(postgres_server(server_folder, _LARGE_SERVER, keep=keep))
                offices.append((home, url, total))
            if offices:
                small, large = (measured(*one, wanted, wanted.first or wanted.requests) for one in offices)
                if wanted.first:
                    again = [measured(*one, wanted, wanted.requests, near(small, large)) for one in offices]
                    small, large = small | again[0], large | again[1]
                bad += table(small, large, f"{kind}, 1,000 and {cases:,} cases, milliseconds")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
