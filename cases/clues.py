"""The pool of clues (线索): raised by people or by time, and made a case of, or put aside, by a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from config.duties import duty_ids
from states.clue import ClueSource, moved
from states.command import Command
from states.errors import BadData, Sentence
from states.secrecy import refuse_secrets
from states.vocabulary import Act
from store import clues, named_units, turns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from cases.desk import Desk, Done
    from states.case import Actor
    from states.clue import ClueState
    from store.clues import Clue
    from store.idempotency import IdempotencyKey
    from store.visibility import Reader

LONGEST: Final = 2000
_NO_DUTY: Final = Sentence("职责条款“{duty}”不在职责清单中。", "The duty “{duty}” is not in the catalogue of duties.")
_NO_TEXT: Final = Sentence("请写明线索内容（不超过{most}字）。", "Say what the clue is, in {most} characters at most.")
_NO_REASON: Final = Sentence("不予立案须写明理由。", "Say why the clue is dismissed.")


@dataclass(frozen=True, slots=True)
class CluePage:
    """Some of the clues that fit, how many fit in all, and behind which number there are more; 0 if there are none."""

    rows: tuple[Clue, ...]
    total: int
    further: int


class CluePool:
    """Raises clues, and lets people decide on them."""

    def __init__(self, desk: Desk) -> None:
        """Keep the clues of the desk's database; a case is opened at the desk."""
        self.desk = desk
        self.database = desk.database

    def raise_clue(  # noqa: PLR0913  # from where, about what, when, by whom
        self,
        source: ClueSource,
        unit: str,
        text: str,
        on: date,
        actor: Actor,
        now: datetime,
        *,
        duty: str = "",
        once: bool = False,
        reader: Reader | None = None,
    ) -> Clue:
        """Put a clue into the pool.

        `once`: the same of the same person and day that is still open is given back, so that a form that is sent twice
        raises one. Whoever sees only some units names one of those.

        Raises:
            NotPermitted: this role raises no clues, or the `reader` sees no such unit.
            BadData: it says nothing, names no known duty, or bears the mark of a state secret.
        """
        moved(None, Act.RAISE_CLUE, actor.role)
        refuse_secrets([unit, text])
        if not text.strip() or len(text) > LONGEST:
            raise BadData(_NO_TEXT.fill(most=LONGEST))
        if duty and duty not in duty_ids():
            raise BadData(_NO_DUTY.fill(duty=duty))
        with self.database.transaction() as session:
            if named_units.is_bounded(reader):
                unit = named_units.settled(session, unit, is_new=False, reader=reader)
            said = (source, unit.strip(), duty, text.strip(), on, actor.user)
            if once:
                turns.wait_for_own(session, actor.user)
                same = clues.same(session, *said)
                if same is not None:
                    return same
            return clues.add(session, *said, now)

    def adopt(  # which clue, what more is known, when, by whom, within whose sight, and the request's key
        self,
        clue_id: int,
        data: Mapping[str, Any],
        on: date,
        actor: Actor,
        now: datetime,
        *,
        reader: Reader | None = None,
        once: IdempotencyKey | None = None,
    ) -> Done:
        """Make a case of the clue, in one transaction: its text is the finding where `data` does not say otherwise.

        The same request, known by `once`, gives the same case again.

        Raises:
            NotFound: there is no such clue, as far as the reader is concerned.
            NoSuchAct: it was decided before.
            Refused: the finding cannot be registered so.
        """
        with self.database.transaction() as session:
            before = self.desk.done_before(session, once)
            if before is not None:
                return before
            clue = clues.get(session, clue_id, reader)
            state = moved(clue.state, Act.ADOPT_CLUE, actor.role)
            finding = {"unit": clue.unit, "duty": clue.duty, "finding": clue.text, "inspection": "special"}
            command = Command(
                act=Act.REGISTER_FINDING,
                actor=actor,
                on=on,
                data={key: value for key, value in (finding | dict(data)).items() if value},
            )
            done = self.desk.open_in(session, command, now, once=once, reader=reader)
            clues.decide(session, clue_id, state, on, actor.user, case_id=done.case.id)
            return done

    def dismiss(  # which clue, why, when, by whom, within whose sight
        self, clue_id: int, reason: str, on: date, actor: Actor, *, reader: Reader | None = None
    ) -> Clue:
        """Put the clue aside, with the reason.

        Raises:
            NotFound: there is no such clue, as far as the reader is concerned.
            NoSuchAct: it was decided before.
            BadData: no reason is given.
        """
        if not reason.strip():
            raise BadData(_NO_REASON)
        refuse_secrets(reason)
        with self.database.transaction() as session:
            clue = clues.get(session, clue_id, reader)
            state = moved(clue.state, Act.DISMISS_CLUE, actor.role)
            return clues.decide(session, clue_id, state, on, actor.user, reason=reason.strip())

    def listed(self, state: ClueState | None = None, reader: Reader | None = None) -> list[Clue]:
        """Return the clues, or those in this state, by their numbers; with a reader, those within his or her sight."""
        with self.database.reading() as session:
            return clues.listed(session, state, reader)

    def page(self, state: ClueState, reader: Reader, *, after: int, limit: int) -> CluePage:
        """Return at most `limit` clues in this state and within the reader's sight, from behind number `after`."""
        with self.database.reading() as session:
            found = clues.listed(session, state, reader, after=after, limit=limit + 1)
            total = clues.counted(session, state, reader)
        rows = tuple(found[:limit])
        return CluePage(rows, total, rows[-1].id if len(found) > limit else 0)

    def one(self, clue_id: int, reader: Reader) -> Clue:
        """Return one clue.

        Raises:
            NotFound: there is none, as far as the reader is concerned.
        """
        with self.database.reading() as session:
            return clues.read(session, clue_id, reader)
