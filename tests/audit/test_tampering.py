"""Whatever is altered behind the program's back is found, and the first wrong place is named."""

from __future__ import annotations

import random
import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from audit.notes import BadNote, Checkpoint, Key, Signer, opened, signed
from audit.verify import Brought, Verdict, verify
from states.vocabulary import Act
from store import leaves
from tests.support.offices import Bench, at
from tests.support.runs import FULL

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

CASES = 20_000 if FULL else 60
TAMPERINGS = 1_000 if FULL else 120
COLUMNS = (
    "act",
    "occurred_on",
    "recorded_at",
    "actor_user",
    "actor_role",
    "actor_unit",
    "data",
    "to_state",
    "policy_hash",
    "calendar_hash",
    "prev_hash",
    "hash",
)
SEALED_COLUMNS = ("state", "light", "phase", "body", "version", "number", "policy_hash")


class _Undone(Exception):  # noqa: N818  # rolls a tampering back
    pass


def _flip(session: Session, dice: random.Random, size: int) -> int:
    seq, column = dice.randint(1, size), dice.choice(COLUMNS)
    found = str(session.scalar(text(f"SELECT {column} FROM case_events WHERE seq = {seq}")))
    place = dice.randrange(len(found)) if found else 0
    changed = found[:place] + ("x" if found[place : place + 1] != "x" else "y") + found[place + 1 :]
    session.execute(text(f"UPDATE case_events SET {column} = :value WHERE seq = {seq}"), {"value": changed})
    return seq


_REST = ", ".join(COLUMNS) + ", from_state"


def _insert(session: Session, dice: random.Random, size: int) -> int:
    seq = dice.randint(1, size)
    session.execute(
        text(
            f"INSERT INTO case_events (seq, case_id, case_seq, {_REST}) SELECT {size + 1}, case_id, "
            f"case_seq + 100000, {_REST} FROM case_events WHERE seq = {seq}"
        )
    )
    return size + 1


def _delete(session: Session, dice: random.Random, size: int) -> int:
    seq = dice.randint(1, size)
    session.execute(text(f"DELETE FROM case_events WHERE seq = {seq}"))
    return seq


def _reorder(session: Session, dice: random.Random, size: int) -> int:
    one, other = sorted(dice.sample(range(1, size + 1), 2))
    for old, new in ((one, -1), (other, one), (-1, other)):
        session.execute(text(f"UPDATE case_events SET seq = {new} WHERE seq = {old}"))
    return one


def _swap(session: Session, dice: random.Random, size: int) -> int:
    while True:
        one, other = sorted(dice.sample(range(1, size + 1), 2))
        places = [
            tuple(session.execute(text(f"SELECT case_id, case_seq FROM case_events WHERE seq = {seq}")).one())
            for seq in (one, other)
        ]
        if places[0][0] != places[1][0]:
            break
    first, second = places
    for (case_id, case_seq), seq in (((first[0], -5), one), (first, other), (second, one)):
        session.execute(text(f"UPDATE case_events SET case_id={case_id}, case_seq={case_seq} WHERE seq={seq}"))
    return one


def _cut(session: Session, dice: random.Random, size: int) -> int:
    left = dice.randint(1, size - 1)
    session.execute(text(f"DELETE FROM case_events WHERE seq > {left}"))
    session.execute(text(f"UPDATE log_head SET size = {left}"))
    session.execute(text(f"DELETE FROM office_events WHERE after_seq > {left}"))
    session.execute(text("UPDATE log_head SET others = (SELECT count(*) FROM office_events)"))
    session.execute(text(f"DELETE FROM checkpoints WHERE size > {left}"))
    return left + 1


def _forge(session: Session, dice: random.Random, _size: int) -> int:
    ids = list(session.scalars(text("SELECT id FROM cases ORDER BY id LIMIT 500")))
    case_id, column = dice.choice(ids), dice.choice(SEALED_COLUMNS)
    if column == "policy_hash":
        session.execute(text("INSERT INTO policies SELECT 'forged', name, text, first_used_at FROM policies LIMIT 1"))
    change = {
        "state": "'closed'",
        "light": "'red'",
        "phase": "'done'",
        "body": "replace(body, '局长', '科长')",
        "version": "version + 1",
        "number": "number || 'x'",
        "policy_hash": "'forged'",
    }[column]
    session.execute(text(f"UPDATE cases SET {column} = {change} WHERE id = {case_id}"))
    return 0


def _personal(session: Session, dice: random.Random, _size: int) -> int:
    tokens = list(session.scalars(text("SELECT token FROM personal_data ORDER BY token LIMIT 500")))
    change = dice.choice(
        (
            "UPDATE personal_data SET value = value || '（属实）' WHERE token = :token",
            "UPDATE personal_data SET salt = '00' WHERE token = :token",
            "DELETE FROM personal_data WHERE token = :token",
            "INSERT INTO personal_data SELECT token || 'x', case_id, salt, value FROM personal_data WHERE token=:token",
        )
    )
    session.execute(text(change), {"token": dice.choice(tokens)})
    return 0


KINDS: tuple[Callable[[Session, random.Random, int], int], ...] = (
    _flip,
    _insert,
    _delete,
    _reorder,
    _swap,
    _cut,
    _forge,
    _personal,
)


def _grown(bench: Bench) -> int:
    """Let some cases live for a while; return how many events there are."""
    for n in range(CASES):
        case = bench.ordered(unit=f"第{n % 50}局")
        if n % 3 == 0:
            bench.act(case, Act.SUBMIT_PLAN, "02-13")
    moment = at("03-13", 9)
    bench.sweeps.sweep(moment, moment)
    with bench.office.database.reading() as session:
        return int(session.scalar(text("SELECT count(*) FROM case_events")) or 0)


def test_every_tampering_is_found_and_its_first_place_is_named(sqlite_bench: Bench) -> None:
    bench, dice = sqlite_bench, random.Random(7)
    size = _grown(bench)
    made = bench.office.signing.checkpoint(at("03-13"))
    assert made is not None
    with bench.office.database.reading() as session:
        assert made.checkpoint.size == leaves.size(session) > size
    assert bench.office.proofs.verify().ok
    for round_ in range(TAMPERINGS):
        tamper = KINDS[round_ % len(KINDS)]
        place, verdict = _tampered(bench, tamper, dice, size, made.checkpoint)
        assert not verdict.ok, (tamper.__name__, place)
        wrong = str(verdict.first_wrong)
        if place == 0:
            assert wrong.startswith("case ")
            continue
        named = re.search(r"events? (\d+)(?: to (\d+))?", wrong)
        assert named is not None, wrong
        if tamper is _reorder:
            # Events of two cases that changed places are found by the tree alone, in the block where it first differs.
            block = (place - 1) // 256
            assert (int(named[1]) - 1) // 256 == block or int(named[1]) == size, wrong
        else:
            assert int(named[1]) == place, (tamper.__name__, wrong)
    assert bench.office.proofs.verify().ok


def _tampered(
    bench: Bench,
    tamper: Callable[[Session, random.Random, int], int],
    dice: random.Random,
    size: int,
    outside: Checkpoint,
) -> tuple[int, Verdict]:
    """Alter something, verify, and take it back."""
    found: list[tuple[int, Verdict]] = []
    with suppress(_Undone), bench.office.database.transaction() as session:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        triggers = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for trigger in triggers:
            session.execute(text(f"DROP TRIGGER {trigger.name}"))
        place = tamper(session, dice, size)
        for trigger in triggers:
            session.execute(text(trigger.sql))
        found.append((place, verify(session, Brought(checkpoints=[outside]))))
        raise _Undone
    return found[0]


def test_an_old_copy_of_the_database_is_found_by_a_checkpoint_from_outside(bench: Bench) -> None:
    bench.ordered()
    bench.office.signing.checkpoint(at("02-07"))
    with bench.office.database.reading() as session:
        old = verify(session)
    bench.ordered(unit="第二局")
    made = bench.office.signing.checkpoint(at("02-08"))
    assert made is not None
    assert old.ok
    with Bench(bench.settings.database_url, bench.settings.home) as again:
        assert again.office.proofs.verify([made.note]).ok
        longer = Checkpoint(made.checkpoint.origin, made.checkpoint.size + 3, made.checkpoint.root)
        with again.office.database.reading() as session:
            verdict = verify(session, Brought(checkpoints=[longer]))
        assert not verdict.ok
        assert f"event 5 is missing: a checkpoint states {longer.size} places" in str(verdict.first_wrong)


def test_a_checkpoint_of_another_history_is_found(bench: Bench) -> None:
    bench.ordered()
    made = bench.office.signing.checkpoint(at("02-07"))
    assert made is not None
    assert bench.office.signing.checkpoint(at("02-08")) is None
    other = Checkpoint(made.checkpoint.origin, 2, b"\x01" * 32)
    with bench.office.database.reading() as session:
        verdict = verify(session, Brought(checkpoints=[other]))
    assert "the history up to here is not the one that checkpoint 2 states" in str(verdict.first_wrong)


def test_signed_notes_keep_the_rules_of_c2sp() -> None:
    one, two = Signer("office.example/log", b"\x01" * 32), Signer("office.example/log", b"\x02" * 32)
    note = signed(Checkpoint("office.example/log", 3, b"\x07" * 32).text(), [one, two])
    assert opened(note, [one.key]).splitlines()[1] == "3"
    assert opened(note, [two.key])
    assert Key.parse(one.key.text()) == one.key
    stranger = Signer("another.example", b"\x03" * 32)
    for bad, keys in (
        (note, [stranger.key]),
        (note.replace("\n3\n", "\n4\n"), [one.key]),
        (note.replace("— office", "- office"), [one.key]),
        (note.rstrip("\n"), [one.key]),
        (note.replace("\n\n", "\n"), [one.key]),
        (note.replace("office.example/log\n3", "office.example/log\t\n3"), [one.key]),
        ("", [one.key]),
    ):
        with pytest.raises(BadNote):
            opened(bad, keys)
    for text_ in ("a\n03\nAAAA\n", "a\n3\n", "a\n3\n!\n", "a\nx\n" + "A" * 44 + "\n", "\n3\n" + "A" * 44 + "\n"):
        with pytest.raises(BadNote):
            Checkpoint.parse(text_)


def test_a_rotated_key_is_introduced_by_the_old_one(bench: Bench) -> None:
    bench.ordered()
    first = bench.office.signing.checkpoint(at("02-07"))
    assert first is not None
    with bench.office.database.reading() as session:
        old = Key.parse(str(session.scalar(text("SELECT vkey FROM checkpoint_keys"))))
    new = bench.office.signing.rotate_key(at("02-08"))
    bench.ordered(unit="第二局")
    second = bench.office.signing.checkpoint(at("02-09"))
    assert second is not None
    assert opened(second.note, [old]) == opened(second.note, [new])
    assert bench.office.proofs.verify().ok
    assert bench.office.proofs.verify(keys=[old.text()]).ok
    assert (bench.settings.home / "keys" / "checkpoint-0002.key").stat().st_mode & 0o077 == 0


def test_checkpoints_leave_the_house(database_url: str, bench: Bench) -> None:
    share = bench.settings.home / "share"
    with Bench(database_url, bench.settings.home, checkpoint_folder=str(share)) as here:
        here.ordered()
        made = here.office.signing.checkpoint(at("02-07"))
        assert made is not None
        (copy,) = share.iterdir()
        assert copy.read_text("utf-8") == made.note
        assert made.sent == (str(copy),)
