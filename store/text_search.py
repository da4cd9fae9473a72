"""Full text search over number, unit, head and finding, the same on both databases, for Chinese words of any length.

A text is found by its pairs of neighbouring characters: each pair of a case's text is one narrow row, and a word is in
no text that lacks one of its pairs. The rarest pair of what is looked for gives the candidates, and the text itself,
kept beside, says which of them have the whole word (ADR 0049).

What is sealed stands in no text: nothing of the finding of a case that was handed over or marked a work secret, and
nothing that was erased. Texts change in the transaction of the act, and only when one of their parts does.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.orm import aliased

from states.case import sealed_for
from states.commitments import is_commitment
from states.vocabulary import Act, Confidentiality
from store import bulk, personal_data
from store.cases import stored_of
from store.schema.base import table_of
from store.schema.cases import CasePairRow, CaseRow, CaseTextRow
from store.schema.events import LogHeadRow
from store.upsert import is_postgresql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from states.case import Case, Event

_TEXTS: Final = table_of(CaseTextRow)
_PAIRS: Final = table_of(CasePairRow)
_BRACKETS: Final = str.maketrans("([【{)]】}", "〔〔〔〔〕〕〕〕")
_START_OF_DIGITS: Final = re.compile(r"(?<![0-9])(?=[0-9])")
_DIGITS: Final = "\x01"
"""Stands before each group of digits, in texts and in what is looked for: `6号` does not find `26号`."""
_END: Final = "\0"
"""Takes the second place of a pair at the end of a word; it stands in no text."""
_PLANES: Final = 1 << 21
"""More than the largest code point."""
FEW: Final = 2_000
"""Candidates are listed up to so many; beyond, a list meets its matches soon enough in its own order."""
SOME: Final = 1_200
"""So many are looked for first: enough to tell of nearly everybody's sight that it holds more than are counted."""
LOOKED_AT: Final = 5_000
"""So many rows of a common character, or pair, are looked through for the first cases."""
SELDOM: Final = 100
"""One case in so many: what is met less often is found by its pairs and put in order, and not waited for in a walk."""
WEIGHED: Final = 20_000
"""So far the rows of a pair are counted, when the rarest of several is looked for."""
MOST_PAIRS: Final = 16
"""How many pairs of what is looked for are weighed against each other; the text decides anyway."""
MOST_WORDS: Final = 8
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_LAST: Final = select(func.max(CaseRow.id))


def folded(text: str) -> str:
    """Return the text as it is compared: one width, small letters, one kind of brackets, single spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_BRACKETS)
    return _START_OF_DIGITS.sub(_DIGITS, " ".join(plain.split()))


def words_of(looked_for: str) -> tuple[str, ...]:
    """Return the words that must all be found: what was typed, at its spaces, as texts are compared."""
    return tuple(dict.fromkeys(folded(looked_for).split()))[:MOST_WORDS]


def searched(case: Case, values: Mapping[str, str]) -> str:
    """Return the text under which the case is found; `values` are what its commitments stand for, as far as kept."""
    seen = sealed_for(case, None)
    finding = values.get(seen.finding, "") if is_commitment(seen.finding) else seen.finding
    if case.confidentiality is Confidentiality.WORK_SECRET:
        finding = ""
    return "\n".join(folded(part) for part in (case.number, case.unit, seen.post, finding))


def _parts(case: Case) -> tuple[object, ...]:
    """Return what the text is made of; as long as it is the same, so is the text, unless something was erased."""
    seen = sealed_for(case, None)
    secret = case.confidentiality is Confidentiality.WORK_SECRET
    return (case.number, case.unit, seen.post, "" if secret else seen.finding)


def is_changed(before: Case, now: Case, events: Iterable[Event]) -> bool:
    """Say whether the case has to be found by another text after these events."""
    return _parts(before) != _parts(now) or any(event.act is Act.PERSONAL_DATA_ERASED for event in events)


def pairs_of(text: str) -> set[int]:
    """Return the pairs of neighbours in the words of a text that was folded, each as one number."""
    return {ord(first) * _PLANES + ord(second) for word in text.split() for first, second in pairwise(f"{word}{_END}")}


def _texts_of(session: Session, cases: Sequence[Case], known: Mapping[str, str] = _NONE) -> dict[int, str]:
    tokens = [case.finding for case in cases if is_commitment(case.finding) and case.finding not in known]
    values = {**known, **personal_data.values(session, tokens)} if tokens else known
    return {case.id: searched(case, values) for case in cases}


def keep(session: Session, new: Sequence[Case], changed: Sequence[Case] = (), known: Mapping[str, str] = _NONE) -> None:
    """Write the texts of new cases and of those whose text may have changed.

    `known` is what commitments stand for that were kept just now; the others are looked up.
    """
    now = _texts_of(session, [*new, *changed], known)
    before = of_cases(session, [case.id for case in changed]) if changed else {}
    lost: list[bulk.Row] = []
    won: list[bulk.Row] = []
    for case_id, text in now.items():
        old, pairs = pairs_of(before.get(case_id, "")), pairs_of(text)
        won += [{"pair": pair, "case_id": case_id} for pair in sorted(pairs - old)]
        lost += [{"b_pair": pair, "b_case": case_id} for pair in sorted(old - pairs)]
    bulk.insert(session, _TEXTS, [{"case_id": id_, "text": text} for id_, text in now.items() if id_ not in before])
    again = [{"b_case": id_, "text": text} for id_, text in now.items() if id_ in before]
    bulk.update(session, _TEXTS, {"case_id": "b_case"}, again)
    bulk.delete(session, _PAIRS, {"pair": "b_pair", "case_id": "b_case"}, lost)
    bulk.insert(session, _PAIRS, won)


def of_cases(session: Session, case_ids: Sequence[int]) -> dict[int, str]:
    """Return the texts of these cases, as they are kept."""
    statement = bulk.Among(select(_TEXTS.c.case_id, _TEXTS.c.text), _TEXTS.c.case_id)
    return {row.case_id: row.text for row in statement.execute(session, case_ids)}


# --- looking ---------------------------------------------------------------------------------------------------------


class PairRange(NamedTuple):
    """The pairs from `low` to `high`, both inclusive: one pair, or all that begin with one character."""

    low: int
    high: int


def _spans(words: Sequence[str]) -> list[PairRange]:
    spans: dict[PairRange, None] = {}
    for word in words:
        if len(word) == 1:
            spans[PairRange(ord(word) * _PLANES, ord(word) * _PLANES + _PLANES - 1)] = None
        for first, second in pairwise(word):
            place = ord(first) * _PLANES + ord(second)
            spans[PairRange(place, place)] = None
    return list(spans)[:MOST_PAIRS]


def _has(pairs: Any, span: PairRange) -> ColumnElement[bool]:  # noqa: ANN401  # the mapped class or an alias of it
    one: ColumnElement[bool] = pairs.pair == span.low
    return one if span.low == span.high else pairs.pair.between(span.low, span.high)


def holds(words: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition on cases that their texts hold all these words."""
    return exists(select(CaseTextRow.case_id).where(CaseTextRow.case_id == CaseRow.id, *_hold(words)))


def _hold(words: Sequence[str]) -> list[ColumnElement[bool]]:
    return [CaseTextRow.text.contains(word, autoescape=True) for word in words]


class Met(NamedTuple):
    """The ids of the cases whose texts hold all words, or of some of them, by their ids, where they are very many.

    `rarest` are the pairs by which the others are found too, the rarest first; none where they need not be: because
    `ids` are all, or because so many cases hold the words that any list soon meets some on its way.
    """

    ids: tuple[int, ...]
    are_all: bool = True
    rarest: tuple[PairRange, ...] = ()


def found(session: Session, words: Sequence[str]) -> Met:
    """Return the cases whose texts hold all these words."""
    # Among pairs that are all in very many texts, those with the mark of digits are in nearly all.
    weighed = sorted((_weight(session, span), _is_of_digits(span), span) for span in _spans(words))
    if not weighed or weighed[0][0] == 0:
        return Met(())
    # Of one character alone all pairs that begin with it would be gone through for each candidate: the text tells it.
    others = [span for *_weight_of, span in weighed[1:3] if span.low == span.high] if weighed[0][0] > FEW else []
    rarest = (weighed[0][-1], *others)
    # One pair, or one character, is the whole of what is looked for: no text need be asked.
    asked = words if len(weighed) > 1 else ()
    statement = holding(asked, rarest)
    first = _met_early(session, asked, rarest[0]) if asked else _first(session, rarest[0])
    ids = first or _ordered(session, statement, SOME)
    if len(ids) < SOME and len(ids) <= FEW:
        return Met(ids)
    last = int(session.scalar(_LAST) or 0)
    if len(ids) == SOME and not first and _reckoned(ids, rarest[0], last) <= FEW:
        behind = statement.where(statement.selected_columns[0] > ids[-1])
        ids += _ordered(session, behind, FEW + 1 - SOME)
        if len(ids) <= FEW:
            return Met(ids)
    return Met(ids, are_all=False, rarest=rarest if _are_seldom(ids, weighed[0], last) else ())


def _first(session: Session, span: PairRange) -> tuple[int, ...]:
    """Return `SOME` cases of the first rows if they are of as many, else nothing.

    Of a common character a database would else read all rows before it gives the first case.
    """
    some = select(CasePairRow.case_id).where(_has(CasePairRow, span)).limit(LOOKED_AT)
    found = sorted(set(session.scalars(some)))[:SOME]
    return tuple(found) if len(found) == SOME else ()


def _met_early(session: Session, words: Sequence[str], span: PairRange) -> tuple[int, ...]:
    """Return `SOME` cases if so many of the first rows of a pair hold all words, else nothing; on PostgreSQL alone.

    It would else join all rows of the pair with all of others before it gives the first case. SQLite goes case by case.
    """
    if not is_postgresql(session) or span.low != span.high:
        return ()
    some = select(CasePairRow.case_id).where(_has(CasePairRow, span)).order_by(CasePairRow.case_id).limit(LOOKED_AT)
    looked_at = some.subquery().c.case_id
    held = select(looked_at).join(CaseTextRow, CaseTextRow.case_id == looked_at).where(*_hold(words))
    found = _ordered(session, held, SOME)
    return found if len(found) == SOME else ()


def _ordered(session: Session, statement: Select[int], most: int) -> tuple[int, ...]:
    # By their ids: how far through the cases the first of them reach tells how many there are.
    return tuple(session.scalars(statement.order_by(statement.selected_columns[0]).limit(most)))


def holding(words: Sequence[str], rarest: Sequence[PairRange]) -> Select[int]:
    """Return the statement for the ids of the cases whose texts hold all these words, found by their rarest pairs."""
    first, *others = rarest
    more = [
        exists(select(other.case_id).where(_has(other, span), other.case_id == CasePairRow.case_id))
        for span, other in ((span, aliased(CasePairRow)) for span in others)
    ]
    statement = select(CasePairRow.case_id).where(_has(CasePairRow, first), *more)
    if words:
        statement = statement.join(CaseTextRow, CaseTextRow.case_id == CasePairRow.case_id).where(*_hold(words))
    return statement if first.low == first.high else statement.distinct()


def _are_seldom(ids: Sequence[int], weighed: tuple[int, bool, PairRange], last: int) -> bool:
    """Say whether a walk through all cases would meet those that hold the words less often than once in `SELDOM`."""
    weight, _of_digits, span = weighed
    reckoned = _reckoned(ids, span, last)
    return (min(weight, reckoned) if weight < WEIGHED else reckoned) * SELDOM < last


def _reckoned(ids: Sequence[int], span: PairRange, last: int) -> int:
    """Return how many cases there are of which these are the first, from how far through all, up to `last`, they reach.

    Those of one character are found in the order of its pairs, and tell nothing.
    """
    return len(ids) * last // max(ids) if span.low == span.high else last


def _is_of_digits(span: PairRange) -> bool:
    return ord(_DIGITS) in divmod(span.low, _PLANES)


def _weight(session: Session, span: PairRange) -> int:
    """Return how many rows there are for these pairs, counted as far as it takes to tell the rarer from the others."""
    some = select(CasePairRow.case_id).where(_has(CasePairRow, span)).limit(WEIGHED).subquery()
    return int(session.scalar(select(func.count()).select_from(some)) or 0)


# --- what must be there ----------------------------------------------------------------------------------------------

# Two small remainders, whose product stays far below 2^63 also as the sum over all rows.
_OF_PAIRS, _OF_CASES = 46_337, 46_327
_SUM: Final = func.sum((_PAIRS.c.pair % _OF_PAIRS) * (_PAIRS.c.case_id % _OF_CASES + 1))


def wrong(session: Session) -> int:
    """Return how many cases are not found by what they say; at least 1 if pairs are not those of the texts.

    It reads every case and every text once; of the pairs it compares their number and a sum.
    """
    lost = n = total = 0
    for cases in _batches(session):
        must = _texts_of(session, cases)
        kept = of_cases(session, list(must))
        lost += sum(kept.get(case_id) != text for case_id, text in must.items())
        for case_id, text in kept.items():
            pairs = pairs_of(text)
            n += len(pairs)
            total += sum(pair % _OF_PAIRS for pair in pairs) * (case_id % _OF_CASES + 1)
    row = session.connection().execute(select(func.count(), _SUM).select_from(_PAIRS)).one()
    return lost or int((n, total) != (row[0], int(row[1] or 0)))


def refill(session: Session) -> None:
    """Write all texts and pairs anew from the cases; nobody writes meanwhile."""
    session.execute(select(LogHeadRow.size).where(LogHeadRow.id == 1).with_for_update())
    session.execute(delete(_PAIRS))
    session.execute(delete(_TEXTS))
    for cases in _batches(session):
        keep(session, cases)


def _batches(session: Session, batch: int = 1_000) -> Iterator[list[Case]]:
    after = 0
    columns = (CaseRow.id, CaseRow.unit_id, CaseRow.post_id, CaseRow.head_hash, CaseRow.body)
    statement = select(*columns).order_by(CaseRow.id).limit(batch)
    while rows := session.execute(statement.where(CaseRow.id > after)).all():
        yield [stored_of(row).case for row in rows]
        after = rows[-1].id
