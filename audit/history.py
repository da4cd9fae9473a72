"""The history read once from its beginning: every event against its hash, its neighbours and the signed roots."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from audit.merkle import TILE_BITS, Growing
from states.sealing import FIRST, SHA256, canonical, digest, instant, named
from store import checkpoints, office_events
from store import events as event_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from store.office_events import OfficeEvent


@dataclass(slots=True)
class Read:
    """What reading the history came to: how many events of cases and outside them, and the first that is wrong."""

    events: int = 0
    others: int = 0
    wrong: str | None = None
    policies: set[str] = field(default_factory=set)
    calendars: set[str] = field(default_factory=set)


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


def check_history(session: Session, must: Mapping[int, Sequence[bytes]]) -> Read:
    """Read the whole history, and stop at the first event that is out of place, was changed, or contradicts a root.

    `must` gives the roots that checkpoints state, by how many leaves they cover.
    """
    read = Read()
    read.wrong = _Reading(session, must, read).wrong()
    return read


class _Reading:
    """One reading of the history, in constant memory but for the head of each case."""

    def __init__(self, session: Session, must: Mapping[int, Sequence[bytes]], read: Read) -> None:
        self.session, self.must, self.read = session, must, read
        self.algorithm = event_rows.algorithm(session)
        self.tree = Growing(self._compare, self.algorithm)
        self.nodes = {height: checkpoints.nodes(session, height) for height in checkpoints.heights(session)}
        self.others = office_events.stored(session)
        self.next = next(self.others, None)
        self.begins = {0: 1}  # which event of a case is the first in each block of 256 leaves
        self.odd: int | None = None

    def _compare(self, height: int, place: int, node: bytes) -> None:
        if height == TILE_BITS:
            self.begins[place + 1] = self.read.events + 1
        stored = self.nodes.get(height)
        if stored is not None and stored.pop(place, node) != node and self.odd is None:
            self.odd = place << (height - TILE_BITS)

    def wrong(self) -> str | None:
        """Return the first thing that is wrong."""
        found = self._cases()
        while found is None and self.next is not None:
            found = self._other(self.next)
        return found or self._missing()

    def _cases(self) -> str | None:
        """Read the events of cases, and between them those outside cases, as far as there are events of cases."""
        heads: dict[int, tuple[int, str]] = {}
        read, must, add = self.read, self.must, self.tree.add
        hashed, with_algorithm = digest(self.algorithm), named(self.algorithm)
        for rows in event_rows.stored_rows(self.session):
            count = read.events
            for row in rows:
                while self.next is not None and self.next.after_seq <= count:
                    if (wrong := self._other(self.next)) is not None:
                        return wrong
                count += 1
                read.events = count
                case_id, case_seq, prev, own = row[1], row[2], row[14], row[15]
                version, head = heads.get(case_id, (0, FIRST))
                if row[0] != count or case_seq != version + 1 or prev != head:
                    return _out_of_place(row, count, version)
                if hashed(_stored_text(row, with_algorithm).encode()).hexdigest() != own:
                    return f"event {count}: its content is not what its hash seals (case {case_id})"
                heads[case_id] = (case_seq, own)
                add(bytes.fromhex(own))
                if self.odd is not None or self.tree.size in must:
                    wrong = self._root(f"event {count}")
                    if wrong is not None:
                        return wrong
            read.policies.update(row[12] for row in rows)
            read.calendars.update(row[13] for row in rows)
        return None

    def _other(self, event: OfficeEvent) -> str | None:
        """Read an event outside cases, and go to the next."""
        read = self.read
        read.others += 1
        where = f"record {event.id} ({event.subject})"
        if event.id != read.others:
            return f"record {read.others} is missing: {event.id} stands in its place"
        if event.after_seq > read.events:
            return f"event {read.events + 1} is missing: {where} stands behind it"
        if event.after_seq != read.events or event.place != self.tree.size + 1:
            return f"{where}: does not stand where it was written"
        text = office_events.sealed_text(*event[:2], *event[3:6], self.algorithm)
        if digest(self.algorithm)(text.encode()).hexdigest() != event.hash:
            return f"{where}: its content is not what its hash seals"
        self.tree.add(bytes.fromhex(event.hash))
        self.next = next(self.others, None)
        return self._root(where)

    def _root(self, where: str) -> str | None:
        if self.odd is not None:
            first = self.begins.get(self.odd, self.read.events)
            return f"events {first} to {self.read.events}: not in the order, or not those, that were signed"
        size = self.tree.size
        if any(root != self.tree.root() for root in self.must.get(size, ())):
            return f"{where}: the history up to here is not the one that checkpoint {size} states"
        return None

    def _missing(self) -> str | None:
        read, size = self.read, self.tree.size
        longest = max(self.must, default=0)
        if longest > size:
            return f"event {read.events + 1} is missing: a checkpoint states {longest} places, and there are {size}"
        for name, there, counted in (
            ("event", read.events, event_rows.size(self.session)),
            ("record", read.others, office_events.count(self.session)),
        ):
            if there != counted:
                return f"{name} {min(there, counted) + 1} is missing: there should be {counted}, and there are {there}"
        if event_rows.heads(self.session) != 1:
            return "the head of the log: there must be one row, and there are others"
        left = [(height, place) for height, nodes in self.nodes.items() for place in nodes]
        if left:
            return "the stored subtree of height {} at place {} is of no history".format(*left[0])
        last = checkpoints.latest(self.session)
        for height in range(TILE_BITS, size.bit_length(), TILE_BITS):
            must = (last.size if last is not None else 0) >> height
            if checkpoints.count_nodes(self.session, height) < must:
                return f"stored subtrees of height {height} are missing"
        return None


def _out_of_place(row: Any, count: int, version: int) -> str:  # noqa: ANN401  # a row as it is stored
    if row[0] != count:
        return f"event {count} is missing: {row[0]} stands in its place"
    if row[2] != version + 1:
        return f"event {count}: case {row[1]} goes from {version} to {row[2]}"
    return f"event {count}: does not follow its predecessor in case {row[1]}"
