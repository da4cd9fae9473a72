"""Who is erased stands nowhere any more: also not in what people wrote beside cases, nor in lists that others keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from cases import erasure
from programme.on_site import Given
from states.case import Actor
from states.clue import ClueSource
from states.inspection import Answer
from states.vocabulary import Role
from store import accounts, organisation
from store.database import PERSONAL_TABLES
from store.kept_texts import TEXTS
from store.schema import whole
from store.schema.rankings import CommendationRow, RankingObjectionRow, RankingRow
from store.schema.views import SavedViewRow
from store.sealed_rows import TABLES as SEALED
from tests.support.inspections import BUREAU, approved, list_of, units
from tests.support.offices import UNIT, Bench, at, day

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NAME: Final = "欧阳晓明"
ARCHIVIST: Final = Actor(user="guan", role=Role.ARCHIVIST)
OF_ACCOUNTS: Final = frozenset(
    {
        *("people", "contacts", "deliveries", "evidence", "api_tokens"),
        *("official_documents", "official_document_steps"),
    }
)
"""Tables of which other tests show that they are cleaned."""


def everywhere(session: Session, word: str) -> list[str]:
    """Return every column of every table in which the word stands."""
    found = []
    for table in whole().sorted_tables:
        for column in table.columns:
            if getattr(column.type, "impl", column.type).python_type is str:
                hit = select(column).where(column.contains(word, autoescape=True)).limit(1)
                if session.execute(hit).first() is not None:
                    found.append(f"{table.name}.{column.name}")
    return found


def written_everywhere(bench: Bench) -> int:
    """Let somebody be named beside cases wherever people write; return a case that a clue of it became."""
    pool, on = bench.office.clues, day("04-01")
    handler, director = bench.actor(Role.HANDLER), bench.actor(Role.DIRECTOR)
    clue = pool.raise_clue(ClueSource.TIP_OFF, UNIT, f"反映{NAME}不受理", on, handler, at("04-01"), duty="art7-1a")
    other = pool.raise_clue(ClueSource.TIP_OFF, UNIT, "另一件事", on, handler, at("04-01"))
    pool.dismiss(other.id, f"{NAME}已解释", on, director)
    case = pool.adopt(clue.id, {"post": f"{UNIT}局长"}, on, handler, at("04-01")).case.id
    units(bench)
    list_id, inspector = list_of(approved(bench), BUREAU), bench.actor(Role.INSPECTOR)
    bench.office.on_site.answer(list_id, [Given(2, Answer.NO, f"{NAME}没有列入")], day("04-02"), inspector, at("04-02"))
    rows: list[Any] = [
        RankingRow(
            year=2025,
            as_of=on,
            state="draft",
            formula="{}",
            formula_hash="0" * 64,
            result="[]",
            result_hash="0" * 64,
            computed_at=at("04-02"),
            computed_by="u",
            reason=f"{NAME}算错",
        ),
        CommendationRow(
            state="proposed",
            unit=UNIT,
            post="",
            text=f"{NAME}举一反三",
            reason=f"{NAME}",
            document_number="",
            proposed_on=on,
            proposed_by="u",
            proposed_at=at("04-02"),
        ),
        SavedViewRow(owner="zhou", name="老案", query=f"q={NAME}", shared=True, made_at=at("04-02")),
        SavedViewRow(owner="zhou", name=f"{NAME}的案件", query="state=found", shared=False, made_at=at("04-02")),
        SavedViewRow(owner="zhou", name="全部", query="", shared=False, made_at=at("04-02")),
    ]
    with bench.office.database.transaction() as session:
        session.add_all(rows)
        session.flush()
        objection = {"text": f"{NAME}不服", "answer": f"已向{NAME}说明", "unit": UNIT}
        objection |= {"raised_by": "u"}
        session.add(RankingObjectionRow(ranking_id=rows[0].id, raised_on=on, **objection))
        accounts.add_person(session, "head7", NAME, Role.HEAD, organisation.ensure_unit(session, UNIT).id)
    return case


def test_who_is_erased_stands_in_no_table_any_more(bench: Bench) -> None:
    written_everywhere(bench)
    with bench.office.database.reading() as session:
        before = {place for place in everywhere(session, NAME) if place.partition(".")[0] not in OF_ACCOUNTS}
    assert {f"{row.__tablename__}.{name}" for row, name in TEXTS} - before <= {
        "inspection_photos.name",
        "obligation_steps.note",
    }
    assert bench.office.proofs.verify().ok
    erased = erasure.erase_person(bench.office.desk, "head7", [], ARCHIVIST, "到期", at("04-03"))
    assert erased.texts >= 8
    assert erased.in_the_clear == 0
    with bench.office.database.reading() as session:
        assert everywhere(session, NAME) == []
        assert [view.name for view in session.scalars(select(SavedViewRow))] == ["全部"]
    verdict = bench.office.proofs.verify()
    assert verdict.ok, verdict.first_wrong
    if bench.office.database.is_sqlite:
        files = bench.settings.home.glob("*.db*")
        assert not [file for file in files if NAME.encode() in file.read_bytes()]


def test_erasing_a_case_takes_the_clue_and_the_answer_along_from_which_it_was_made(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case = written_everywhere(bench)
    erasure.erase_cases(bench.office.desk, [case], ARCHIVIST, "到期", at("04-03"))
    texts = {one.case_id: one.text for one in bench.office.clues.listed()}
    assert texts[case] == "（已依法删除）"
    assert bench.office.proofs.verify().ok


def test_erasing_twice_finds_nothing_more(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case = written_everywhere(bench)
    first = erasure.erase_cases(bench.office.desk, [case], ARCHIVIST, "到期", at("04-03"))
    assert first.texts > 0
    assert erasure.erase_cases(bench.office.desk, [case], ARCHIVIST, "到期", at("04-04")).texts == 0


def test_every_text_beside_cases_that_the_log_commits_to_can_be_erased_and_its_bytes_go() -> None:
    """A table that is added later must be named there as well."""
    known = {(row.__tablename__, name) for row, name in TEXTS}
    committed = {
        (table, column)
        for table, sealed in SEALED.items()
        for column in sealed.committed
        if table not in OF_ACCOUNTS and column not in {"formula", "result"}
    }
    assert committed == known
    assert {row.__tablename__ for row, _name in TEXTS} <= set(PERSONAL_TABLES)
