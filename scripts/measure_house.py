"""Count what one form, one due timer, one message and one replay go through: functions, modules and transactions.

    python scripts/measure_house.py            # this tree
    python .../scripts/measure_house.py --json # for a table of before and after; run in a checkout of an older commit

A tracer looks at every call while the thing happens. Counted are the different functions of our own packages that were
called (not those nested in others, nor comprehensions), the modules that they stand in, and how often a transaction,
writing or reading, was opened. `doors and rooms` leaves out `states` and `store`, whose small functions are the rules
and the statements themselves: that is the way that a reader of the code has to follow.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import threading
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiosmtpd.controller import Controller

ROOT: Final = Path.cwd()
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

INNER: Final = ("states", "store")


class _Mailbox:
    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802  # aiosmtpd's
        """Take a mail."""
        return "250 OK"


class Tracer:
    """Notes which functions of ours are called while it is on, in every thread."""

    def __init__(self) -> None:
        self.on = False
        self.seen: set[CodeType] = set()
        self.opened: list[FrameType] = []
        self.transactions = 0

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """Note one call; Python calls this for each."""
        if not self.on or event != "call":
            return
        code = frame.f_code
        if code.co_name in ("transaction", "reading") and code.co_filename.endswith("store/database.py"):
            # A generator is called again when its block ends; the frame tells one transaction from the next.
            self.transactions += all(frame is not known for known in self.opened)
            self.opened.append(frame)
        if code in self.seen or "<" in code.co_qualname:
            return
        if code.co_filename.startswith(f"{ROOT}/") and "/.venv" not in code.co_filename:
            self.seen.add(code)

    def measured(self, doing: Callable[[], object]) -> dict[str, int]:
        """Return the counts of one thing that is done."""
        self.seen, self.opened, self.transactions = set(), [], 0
        self.on = True
        try:
            doing()
        finally:
            self.on = False
        if "--names" in sys.argv:
            for code in sorted(self.seen, key=lambda code: code.co_filename):
                print("   ", Path(code.co_filename).relative_to(ROOT), code.co_qualname)
        places = [Path(code.co_filename).relative_to(ROOT) for code in self.seen]
        outer = [place for place in places if place.parts[0] not in (*INNER, "tests", "scripts")]
        return {
            "functions": len([place for place in places if place.parts[0] not in ("tests", "scripts")]),
            "modules": len({place for place in places if place.parts[0] not in ("tests", "scripts")}),
            "functions of doors and rooms": len(outer),
            "modules of doors and rooms": len(set(outer)),
            "transactions": self.transactions,
        }


def main() -> None:
    tracer = Tracer()
    threading.setprofile(tracer)
    sys.setprofile(tracer)
    from tests.support.databases import Databases  # noqa: PLC0415  # of the tree that is measured
    from tests.support.offices import Bench, at  # noqa: PLC0415  # as above
    from tests.support.processes import free_port  # noqa: PLC0415  # as above

    port = free_port()
    mails = Controller(_Mailbox(), hostname="127.0.0.1", port=port)
    mails.start()
    with (
        tempfile.TemporaryDirectory(prefix="measure-") as folder,
        Databases(Path(folder)) as databases,
        Bench(databases.fresh("sqlite"), Path(folder) / "home", smtp_host="127.0.0.1", smtp_port=port) as bench,
    ):
        found = _measure(tracer, bench, at)
    mails.stop()
    if "--json" in sys.argv:
        print(json.dumps(found, indent=1))
        return
    for what, counts in found.items():
        print(f"{what:12}", "  ".join(f"{key}: {count}" for key, count in counts.items()))


def _measure(  # of whatever tree is measured, therefore without types
    tracer: Tracer,
    bench: Any,  # noqa: ANN401  # a test's office
    at: Callable[..., Any],
) -> dict[str, dict[str, int]]:
    from tests.support.offices import UNIT  # noqa: PLC0415  # of the tree that is measured
    from tests.support.visitors import Arrivals  # noqa: PLC0415  # as above
    from wiring import now  # noqa: PLC0415  # as above

    # Older commits have the roles elsewhere.
    vocabulary = "states.vocabulary" if (ROOT / "states" / "vocabulary.py").exists() else "states.acts"
    roles = import_module(vocabulary).Role
    office = bench.office
    rounds, proofs = getattr(office, "rounds", office), getattr(office, "proofs", None)
    with Arrivals(bench) as arrivals:
        head = arrivals.come("head", roles("head"), UNIT)

        def form(case: int, csrf: str) -> int:
            data = {"csrf": csrf, "act": "submit_plan", "on": "2026-02-13"}
            answer = head.client.post(f"/cases/{case}/acts", data=data, follow_redirects=False)
            return int(answer.status_code)

        found = {}
        for _ in range(2):  # the first fills what is remembered from one request to the next
            case = bench.ordered("02-06", term="15wd")
            csrf = re.findall(r'name="csrf" value="([^"]*)"', head.read(f"/cases/{case}").text)[0]
            answers: list[int] = []
            found["form"] = tracer.measured(partial(_kept, answers, partial(form, case, csrf)))
            if answers != [303]:
                raise AssertionError(f"the form was refused: {answers}")
            replaying = (
                partial(office.replay, case, None) if proofs is None else partial(proofs.replay, case, None, now())
            )
            found["replay"] = tracer.measured(replaying)
    bench.reach(UNIT, f"{UNIT}局长", ("mail", "head@example.invalid"))
    rounds.deliver(at("02-13"))
    rounds.sweep(at("02-13"), at("02-13"))
    bench.ordered("02-06", unit="临溪市教育局", term="5wd")
    rounds.sweep(at("02-13"), at("02-13"))
    fired: list[Any] = []
    for on in ("02-24", "02-25", "02-26", "02-27", "02-28", "03-02", "03-03", "03-04", "03-05"):
        counts = tracer.measured(partial(_kept, fired, partial(rounds.sweep, at(on, 9), at(on, 9))))
        if fired[-1].fired == 1:
            found["due timer"] = counts
    if "due timer" not in found:
        raise AssertionError(f"no sweep fired exactly one timer: {fired}")
    sent: list[Any] = []
    for on in ("03-06", "03-09"):
        counts = tracer.measured(partial(_kept, sent, partial(rounds.deliver, at(on, 10))))
        if sent[-1].sent:
            found["message"] = counts
    return found


def _kept(results: list[Any], doing: Callable[[], Any]) -> None:
    results.append(doing())


if __name__ == "__main__":
    main()
