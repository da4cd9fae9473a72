"""What there is to know of one case, read in one transaction: for its page, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from states.decision import allowed
from store import accounts, acknowledgements, case_lists, documents, evidence, outbox_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cases.desk import Desk
    from config.rulebook import Rulebook
    from states.case import Case
    from states.command import Command
    from states.errors import Sentence
    from states.policy import Policy
    from states.vocabulary import Act, Role
    from states.working_days import Calendar
    from store.acknowledgements import ToSign
    from store.database import Database
    from store.events import Recorded
    from store.evidence import Evidence
    from store.outbox_messages import MessageStatus
    from store.visibility import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOverview:
    """A case with everything that belongs to it, as it stood at one moment.

    The case is whole: what this reader may not read is sealed by who shows it. `calendars` are those by which its
    running deadlines were counted, by their hashes; `files` what is known of the evidence that its events name, and
    `documents` the numbers that it has used, each with its event and act. `may` and `may_not` answer the asker's day
    and role. `names` are the people who acted or were assigned, by their accounts. `to_sign` is the latest event that
    the unit was told of, if there is one.
    """

    case: Case
    history: tuple[Recorded, ...]
    told: tuple[MessageStatus, ...]
    policy: Policy
    calendars: Mapping[str, Calendar]
    files: Mapping[str, Evidence]
    documents: tuple[tuple[str, int, str], ...]
    may: Mapping[Act, Role]
    may_not: Mapping[Act, Sentence]
    names: Mapping[str, str]
    to_sign: ToSign | None


def overview(desk: Desk, rulebook: Rulebook, reader: Reader, asker: Command, case_id: int) -> CaseOverview:
    """Return everything that belongs to the case, if the reader may see it.

    Raises:
        NotFound: there is none, as far as the reader is concerned.
    """
    with desk.database.reading() as session:
        case = case_lists.case(session, reader, case_id).case
        history = tuple(case_lists.history_of(session, case_id))
        policy = rulebook.policy_of(session, case.policy_hash)
        hashes = {hash_ for recorded in history for hash_ in _cited(recorded.event.data)}
        actors = {recorded.event.actor.user for recorded in history}
        # Some events of the system say in whose name it acted.
        actors |= {who for recorded in history if isinstance(who := recorded.event.data.get("who"), str)}
        assigned = {recorded.event.data.get(key) for recorded in history for key in ("handler", "deputy")}
        found = evidence.evidence_of(session, sorted(hashes), actors)
        calendars = {line.calendar_hash for line in case.deadlines}
        may, may_not = allowed(case, asker, desk.unit_of_work.rulebook.rules_of(session, case))
        return CaseOverview(
            case=case,
            history=history,
            told=tuple(outbox_messages.told(session, case_id)),
            policy=policy,
            calendars={hash_: rulebook.calendar_of(session, hash_) for hash_ in calendars},
            files={file.sha256: file for file in found},
            documents=tuple(documents.of_case(session, case_id)),
            may=may,
            may_not=may_not,
            names=accounts.names_of(session, actors | {who for who in assigned if who}),
            to_sign=acknowledgements.latest_told(session, [case_id]).get(case_id),
        )


def _cited(data: Mapping[str, Any]) -> set[str]:
    """Return the hashes of the files that an event names, as a whole and for each item."""
    # An answer that was erased is a text.
    answers = [answer for answer in data.get("answers", ()) if isinstance(answer, dict)]
    return set(data.get("evidence", ())).union(*(answer.get("evidence", ()) for answer in answers))


def file_in_case(
    database: Database, case_id: int, hash_: str, read: Callable[[Recorded], Mapping[str, Any]]
) -> Evidence | None:
    """Return the kept file if an event of the case names it in what `read` leaves of the event's data for the asker."""
    with database.reading() as session:
        history = case_lists.history_of(session, case_id)
        if not any(hash_ in read(recorded).get("evidence", ()) for recorded in history):
            return None
        actors = {recorded.event.actor.user for recorded in history}
        return next(iter(evidence.evidence_of(session, [hash_], actors)), None)
