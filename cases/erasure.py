"""Erasing personal data at the end of retention, without a proof losing its hold (ADR 0018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from notifications.addresses import masked
from states.commitments import ERASED
from states.errors import BadData, NotPermitted, Sentence
from states.terms import due
from states.vocabulary import Act, Role
from store import (
    accounts,
    cases,
    events,
    evidence,
    health,
    kept_texts,
    office_events,
    official_documents,
    personal_data,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from cases.desk import Desk
    from cases.unit_of_work import UnitOfWork
    from states.case import Actor
    from store.official_documents import ErasedTexts
    from store.personal_data import Content

TASK: Final = "scrub"
PENDING: Final = "pending"
SHORTEST_WORD: Final = 2
_ONLY_ARCHIVIST: Final = Sentence(
    "删除个人信息由档案管理员办理（--as archivist）。", "Only the archivist erases personal data (--as archivist)."
)
_NO_REASON: Final = Sentence("请写明删除的理由或依据。", "Say why, or on what basis, the data are erased.")
_TOO_SHORT: Final = Sentence("“{word}”太短，会误删其他内容。", "“{word}” is too short; it would hit other content.")


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: how many texts, in which cases; and how many events hold the words where they must stay.

    Among the texts are those of documents (drafts, what was typed into them, comments) and those beside cases (clues,
    answers on site, objections, commendations, notes); the cases are those in whose history the erasure stands.
    """

    texts: int
    cases: tuple[str, ...]
    in_the_clear: int = 0


@dataclass(frozen=True, slots=True)
class EndedRetention:
    """A case whose retention has ended."""

    case_id: int
    number: str
    over_on: date
    since: date


def erase_contents(  # in which transaction, what, by whom, why and when
    unit_of_work: UnitOfWork, session: Session, contents: Iterable[Content], who: Actor, reason: str, now: datetime
) -> None:
    """Take this content away for good, and write down in each case that it was done, by whom and why.

    The events stay as they are, and so does every proof: they hold commitments.
    """
    by_case: dict[int, list[str]] = {}
    for content in contents:
        by_case.setdefault(content.case_id, []).append(content.token)
    works = []
    for case_id, tokens in sorted(by_case.items()):
        work = unit_of_work.begin(session, cases.get(session, case_id, to_change=True))
        data = {"erased": sorted(tokens), "who": who.user, "role": who.role.value, "reason": reason}
        unit_of_work.note(session, work, Act.PERSONAL_DATA_ERASED, data, now)
        personal_data.erase(session, tokens)
        works.append(work)
    unit_of_work.write(session, works, now)


def erase_person(  # whom, by whom, why
    desk: Desk,
    username: str,
    also: Sequence[str],
    who: Actor,
    reason: str,
    at: datetime,
    *,
    home: Path | None = None,
) -> Erased:
    """Erase a person wherever the name, an address, or one of the words in `also` stands.

    `home` is where evidence is kept: a Word file that was erased with its draft leaves it, where nothing else holds it.

    Raises:
        NotFound: there is no such user.
        NotPermitted: it is not for this person to do.
        BadData: no reason is given, or a word is too short to tell one person from another.
    """
    _check(who, reason)
    for word in also:
        if len(word) < SHORTEST_WORD:
            raise BadData(_TOO_SHORT.fill(word=word))
    with desk.database.transaction() as session:
        words = [word for word in (*accounts.words_for(session, username), *also) if len(word) >= SHORTEST_WORD]
        contents = list(personal_data.naming(session, words))
        erase_contents(desk.unit_of_work, session, contents, who, reason, at)
        accounts.forget(session, username, words, [masked(word) for word in words], at)
        drafts = official_documents.erase_words(session, words, ERASED.zh)
        beside = kept_texts.erase_words(session, words, ERASED.zh)
        in_the_clear = events.events_with(session, words) + office_events.events_with(session, words)
        erased = Erased(len(contents) + drafts.texts + beside, _numbers(session, contents), in_the_clear)
        _pending(session, drafts, at)
    scrub(desk, at, home)
    return erased


def erase_cases(  # of which cases, by whom, why
    desk: Desk, case_ids: Iterable[int], who: Actor, reason: str, at: datetime, *, home: Path | None = None
) -> Erased:
    """Erase all personal data of these cases; `home` as for a person.

    Raises:
        NotPermitted: it is not for this person to do.
        BadData: no reason is given.
    """
    _check(who, reason)
    with desk.database.transaction() as session:
        ids = list(case_ids)
        contents = [content for case_id in ids for content in personal_data.of_case(session, case_id)]
        erase_contents(desk.unit_of_work, session, contents, who, reason, at)
        drafts = official_documents.erase_of_cases(session, ids, ERASED.zh)
        beside = kept_texts.erase_of_cases(session, ids, ERASED.zh)
        erased = Erased(len(contents) + drafts.texts + beside, _numbers(session, contents))
        _pending(session, drafts, at)
    scrub(desk, at, home)
    return erased


def due_for_erasure(desk: Desk, at: datetime) -> list[EndedRetention]:
    """Return the cases that have been over for as long as their policy keeps personal data."""
    today = at.astimezone(desk.unit_of_work.zone).date()
    found = []
    with desk.database.reading() as session:
        for case_id, policy_hash in cases.over_since(session):
            retention = desk.unit_of_work.rulebook.policy_of(session, policy_hash).retention
            if retention is None:
                continue
            case = cases.get(session, case_id).case
            ends = due(case.entered_on, retention, desk.unit_of_work.rulebook.calendar).due_on
            if ends < today:
                found.append(EndedRetention(case_id, case.number, case.entered_on, ends))
    return found


def scrub(desk: Desk, at: datetime, home: Path | None = None) -> bool:
    """Clean the files of the database if something was erased since it was last done; say whether it was done.

    With `home`, the bytes of forgotten files go first; without it they are still to go.

    Raises:
        Unavailable: somebody is reading or writing, or a file cannot go; the nightly flow tries again.
    """
    with desk.database.reading() as session:
        asked, _, files = health.detail(session, TASK).partition(":")
        if asked != PENDING:
            return False
        if home is not None and files:
            evidence.remove(session, home, files.split(","))
    desk.database.scrub()
    with desk.database.transaction() as session:
        left = f"{PENDING}:{files}" if files and home is None else "done"
        health.beat(session, TASK, at, left)
    return True


def _pending(session: Session, drafts: ErasedTexts, at: datetime) -> None:
    """Note that the files of the database are to be cleaned, and which kept files are to go."""
    before = health.detail(session, TASK).partition(":")[2]
    gone = [*(before.split(",") if before else ()), *evidence.forget(session, drafts.files, drafts.brought_by)]
    health.beat(session, TASK, at, f"{PENDING}:{','.join(gone)}" if gone else PENDING)


def _check(who: Actor, reason: str) -> None:
    if who.role is not Role.ARCHIVIST:
        raise NotPermitted(_ONLY_ARCHIVIST)
    if not reason.strip():
        raise BadData(_NO_REASON)


def _numbers(session: Session, contents: Iterable[Content]) -> tuple[str, ...]:
    ids = dict.fromkeys(content.case_id for content in contents)
    return tuple(cases.get(session, case_id).case.number for case_id in ids)
