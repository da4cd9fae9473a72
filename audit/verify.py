"""Verification: the whole history against its hashes and checkpoints, and the current rows against the history."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from audit.merkle import TILE_BITS, Growing
from audit.notes import BadNote, Checkpoint, Key, opened
from states.case_codec import dump
from states.commitments import algorithm_of, commitment, erased_in, tokens_in
from states.evolve import fold
from states.sealing import FIRST, SHA256, canonical, digest, instant, named
from store import cases, personal_data
from store import checkpoints as proofs
from store import events as event_rows
from store import timers as timer_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy.orm import Session

    from states.case import Case
    from states.timers import Timer
    from store.events import Recorded
    from store.personal_data import Content


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether everything fits. `first_wrong` names the first place that does not, and what is wrong there."""

    ok: bool
    events: int
    first_wrong: str | None
    checkpoints: int = 0


def verify(session: Session, outside: Iterable[Checkpoint] = (), keys: Sequence[Key] = ()) -> Verdict:
    """Check every event, every checkpoint and every row; stop at the first that does not fit.

    `outside` are checkpoints that were kept away from the office: they find a history that was cut off or swapped as
    a whole together with the checkpoints beside it. `keys` are public keys that the auditor trusts; without them,
    those kept in the database.
    """
    must, wrong = _checkpoints(session, keys)
    for checkpoint in outside:
        must.setdefault(checkpoint.size, []).append(checkpoint.root)
    count = 0
    if wrong is None:
        count, wrong = check_history(session, must)
    if wrong is None:
        wrong = next(iter(differing(session, timers_of=None)), None)
    return Verdict(wrong is None, count, wrong, sum(map(len, must.values())))


def _checkpoints(session: Session, keys: Sequence[Key]) -> tuple[dict[int, list[bytes]], str | None]:
    """Return the roots that the kept checkpoints state by size, and the first checkpoint that is not valid."""
    must: dict[int, list[bytes]] = {}
    trusted = list(keys) or [Key.parse(text) for text in proofs.keys(session)]
    for kept in proofs.checkpoints(session):
        try:
            checkpoint = Checkpoint.parse(opened(kept.note, trusted))
        except BadNote as bad:
            return must, f"checkpoint {kept.size}: {bad.sentence.text('en')}"
        if (checkpoint.size, checkpoint.root.hex()) != (kept.size, kept.root):
            return must, f"checkpoint {kept.size}: its note speaks of another history"
        must.setdefault(kept.size, []).append(checkpoint.root)
    return must, None


@lru_cache(maxsize=10_000)
def _actor_text(role: str, unit: str, user: str) -> str:
    return f'{{"role":"{role}","unit":{canonical(unit)},"user":{canonical(user)}}}'


def stored_text(row: Any, algorithm: str = SHA256) -> str:  # noqa: ANN401  # a row as it is stored
    """Return the canonical form of an event from the row as it is stored (`states.sealing.sealed_text`)."""
    return _stored_text(row, named(algorithm))


def _stored_text(row: Any, with_algorithm: str) -> str:  # noqa: ANN401  # by position because that is fast
    (_seq, case_id, case_seq, act, on, at, user, role, unit, data, source, dest, policy, calendar, prev, _own) = row
    moment = f"{at[:10]}T{at[11:]}Z" if type(at) is str else instant(at)
    from_state = f'"{source}"' if source is not None else "null"
    return (
        f'{{"act":"{act}","actor":{_actor_text(role, unit, user)}{with_algorithm},"calendar_hash":"{calendar}"'
        f',"case_id":{case_id},"case_seq":{case_seq},"data":{data},"from_state":{from_state}'
        f',"occurred_on":"{on}","policy_hash":"{policy}","prev_hash":"{prev}"'
        f',"recorded_at":"{moment}","to_state":"{dest}"}}'
    )


def check_history(  # noqa: C901, PLR0911  # one answer for each way in which an event can be wrong
    session: Session, must: dict[int, list[bytes]]
) -> tuple[int, str | None]:
    """Return how many events were read, and the first that is out of place, was changed, or contradicts a checkpoint.

    `must` gives the roots that checkpoints state, by how many events they cover.
    """
    heads: dict[int, tuple[int, str]] = {}
    stored = proofs.nodes(session, TILE_BITS)
    odd: list[int] = []

    def compare(height: int, place: int, node: bytes) -> None:
        if height == TILE_BITS and stored.get(place, node) != node:
            odd.append(place)

    algorithm = event_rows.algorithm(session)
    hashed, with_algorithm = digest(algorithm), named(algorithm)
    tree = Growing(compare, algorithm)
    count = 0
    for rows in event_rows.stored_rows(session):
        for row in rows:
            count += 1
            case_id, case_seq, prev, own = row[1], row[2], row[14], row[15]
            if row[0] != count:
                return count, f"event {count} is missing: {row[0]} stands in its place"
            version, head = heads.get(case_id, (0, FIRST))
            if case_seq != version + 1:
                return count, f"event {count}: case {case_id} goes from {version} to {case_seq}"
            if prev != head:
                return count, f"event {count}: does not follow its predecessor in case {case_id}"
            if hashed(_stored_text(row, with_algorithm).encode()).hexdigest() != own:
                return count, f"event {count}: its content is not what its hash seals (case {case_id})"
            heads[case_id] = (case_seq, own)
            tree.add(bytes.fromhex(own))
            if odd:
                first = (odd[0] << TILE_BITS) + 1
                return count, f"events {first} to {count}: not in the order, or not those, that were signed"
            roots = must.get(count)
            if roots is not None and any(root != tree.root() for root in roots):
                return count, f"event {count}: the history up to here is not the one that checkpoint {count} states"
    longest = max(must, default=0)
    if longest > count:
        return count, f"event {count + 1} is missing: a checkpoint states {longest} events"
    size = event_rows.size(session)
    if count != size:
        return count, f"event {min(count, size) + 1} is missing: the history should have {size}, and has {count}"
    return count, None


def _read(session: Session, kept: dict[int, list[Content]], first: int, last: int) -> None:
    kept.clear()
    for content in personal_data.between(session, first, last):
        kept.setdefault(content.case_id, []).append(content)


def _personal_wrong(history: Sequence[Recorded], kept: Iterable[Content]) -> str:
    """Return what is wrong with the content kept apart from the events of a case; nothing if it is theirs."""
    committed = {token for recorded in history for token in tokens_in(recorded.data)}
    erased = erased_in(recorded.event for recorded in history)
    tokens = set()
    for content in kept:
        tokens.add(content.token)
        if content.token not in committed:
            return "keeps personal data that no event has committed"
        if commitment(algorithm_of(content.token), content.salt, content.value) != content.token:
            return "its personal data are not those that its events have committed"
    if tokens & erased:
        return "keeps personal data that an event says are erased"
    if committed - tokens - erased:
        return "personal data are missing, and no event says that they were erased"
    return ""


def differing(session: Session, timers_of: Callable[[Case], tuple[Timer, ...]] | None) -> list[str]:
    """Return every case whose row, or whose timers if asked, are not what its events make."""
    found = [f"case {case_id}: has events but no row" for case_id in cases.without_row(session)]
    kept: dict[int, list[Content]] = {}
    for row, history in cases.by_case(session, on_batch=lambda first, last: _read(session, kept, first, last)):
        case = fold(recorded.event for recorded in history)
        if case is None:
            found.append(f"case {row.id}: has a row but no events")
            continue
        if dump(case) != row.body or not cases.repeats(case, row.columns):
            found.append(f"case {row.id} ({case.number}): its row is not the fold of its events")
        elif history[-1].hash != row.head_hash:
            found.append(f"case {row.id} ({case.number}): its row does not end where its history ends")
        elif wrong := _personal_wrong(history, kept.get(row.id, ())):
            found.append(f"case {row.id} ({case.number}): {wrong}")
        elif timers_of is not None:
            must = {(timer.key, timer.kind, timer.due_at) for timer in timers_of(case)}
            if must != timer_rows.of_case(session, row.id):
                found.append(f"case {row.id} ({case.number}): its timers are not those of the case")
    return found
