"""Who sees few cases is shown their documents by those, and everybody else by the order of changes: the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from states.official_document import Status
from states.vocabulary import Role
from store import case_counts, official_documents, organisation
from store.official_documents import DocumentFilter
from store.visibility import Reader
from tests.support.days import at, day
from tests.support.offices import UNIT

if TYPE_CHECKING:
    from tests.support.offices import Bench

OTHER = "北川县教育局"


@pytest.fixture
def drafted(bench: Bench) -> list[int]:
    """Draft for two units by turns; return the ids of the documents of the first."""
    documents, liu = bench.office.documents, bench.actor(Role.HANDLER, "liu")
    ids = []
    for n, unit in enumerate((UNIT, OTHER, UNIT, OTHER, UNIT)):
        case = bench.open("01-28", unit=unit, criteria="列入年度计划")
        ids.append(documents.draft(case, "order", {}, liu, day("02-05"), at("02-05", 9 + n)).kept.id)
    return ids[::2]


@pytest.mark.parametrize("few", [0, 20_000], ids=["in their order", "by their cases"])
@pytest.mark.parametrize("statuses", [(), (Status.DRAFT,), (Status.DRAFT, Status.SERVED), (Status.SERVED, Status.VOID)])
def test_a_head_is_shown_the_documents_of_the_own_unit_the_latest_first_on_either_way(
    bench: Bench, drafted: list[int], monkeypatch: pytest.MonkeyPatch, few: int, statuses: tuple[Status, ...]
) -> None:
    monkeypatch.setattr(case_counts, "FEW", few)
    with bench.office.database.reading() as session:
        head = Reader("head", Role.HEAD, organisation.unit_by_name(session, UNIT).id)
        wanted = DocumentFilter(statuses=statuses)
        expected = drafted[::-1] if not statuses or Status.DRAFT in statuses else []
        assert [one.id for one in official_documents.in_sight(session, head, wanted)] == expected
        counts = official_documents.counts_in_sight(session, head, wanted)
        assert counts == ({Status.DRAFT: 3} if expected else {})
        everybody = official_documents.in_sight(session, Reader("a", Role.AUDITOR, 0), wanted)
        assert len(everybody) == (5 if expected else 0)


@pytest.mark.parametrize("few", [0, 20_000])
def test_pages_of_documents_follow_each_other_on_either_way(
    bench: Bench, drafted: list[int], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(case_counts, "FEW", few)
    with bench.office.database.reading() as session:
        head = Reader("head", Role.HEAD, organisation.unit_by_name(session, UNIT).id)
        pages = [official_documents.in_sight(session, head, DocumentFilter(skip=skip, limit=2)) for skip in (0, 2, 4)]
    assert [[one.id for one in page] for page in pages] == [drafted[:0:-1], drafted[:1], []]
