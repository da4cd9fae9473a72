"""The mark of confidentiality: three words, no state secrets, and what was written before there were marks holds."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest
from sqlalchemy import select, text

from cases.ledger_import import import_ledger
from cases.ledger_row import BadRow, LedgerRow
from cases.ledger_workbook import read_ledger
from states.case_codec import dump, load
from states.errors import BadData, GuardRefused, NotPermitted
from states.vocabulary import Act, Confidentiality, Role, State
from store import cases
from store.database import Database
from store.schema.cases import CaseRow
from tests.support import migrations
from tests.support.ledgers import DUTIES, GOOD, HEAD, changed, workbook
from tests.support.offices import at

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.offices import Bench

WITH_MARK: Final = [*HEAD, "密级"]


def stored(bench: Bench, case_id: int) -> tuple[str, dict[str, Any]]:
    """Return the mark and the body as they stand in the row."""
    with bench.office.database.reading() as session:
        row = session.execute(select(CaseRow.confidentiality, CaseRow.body).where(CaseRow.id == case_id)).one()
    return row.confidentiality, orjson.loads(row.body)


def test_a_finding_without_a_mark_is_internal_and_neither_its_event_nor_its_row_says_so(bench: Bench) -> None:
    case_id = bench.open()
    assert bench.case(case_id).confidentiality is Confidentiality.INTERNAL
    assert "confidentiality" not in bench.history(case_id)[0].event.data
    mark, body = stored(bench, case_id)
    assert (mark, "confidentiality" in body) == ("internal", False)
    assert load(dump(bench.case(case_id))) == bench.case(case_id)
    bench.office.signing.checkpoint(at("02-01"))
    assert bench.office.proofs.verify().ok


@pytest.mark.parametrize("mark", list(Confidentiality))
def test_a_mark_travels_from_the_finding_to_the_row_and_is_the_fold_of_the_events(bench: Bench, mark: str) -> None:
    case_id = bench.ordered(confidentiality=mark)
    assert bench.case(case_id).confidentiality == mark
    assert bench.folded(case_id) == bench.case(case_id)
    assert stored(bench, case_id)[0] == mark
    assert load(dump(bench.case(case_id))) == bench.case(case_id)
    assert bench.office.proofs.verify().ok


@pytest.mark.parametrize("secret", ["秘密", "机密", "绝密", "secret", "★"])
def test_a_state_secret_is_refused_with_one_sentence_that_says_where_it_belongs(bench: Bench, secret: str) -> None:
    with pytest.raises(BadData, match="国家秘密") as refused:
        bench.open(confidentiality=secret)
    assert secret in refused.value.sentence.text("en")
    assert "article 31" in refused.value.sentence.text("en")


def test_a_wrong_mark_is_put_right_with_a_reason_and_by_whom_it_is_for(bench: Bench) -> None:
    case_id = bench.ordered()
    before = bench.case(case_id)
    change: dict[str, Any] = {"confidentiality": "work_secret", "reason": "涉及未公开的审批资料"}
    with pytest.raises(BadData, match="理由"):
        bench.act(case_id, Act.MARK_CONFIDENTIALITY, "02-09", confidentiality="work_secret")
    with pytest.raises(BadData, match="国家秘密"):
        bench.act(case_id, Act.MARK_CONFIDENTIALITY, "02-09", **change | {"confidentiality": "绝密"})
    for role in (Role.HEAD, Role.LIAISON, Role.INSPECTOR, Role.LEADER, Role.AUDITOR):
        with pytest.raises(NotPermitted):
            bench.act(case_id, Act.MARK_CONFIDENTIALITY, "02-09", role=role, **change)
    bench.act(case_id, Act.MARK_CONFIDENTIALITY, "02-09", **change)
    after = bench.case(case_id)
    assert stored(bench, case_id)[0] == after.confidentiality == Confidentiality.WORK_SECRET
    # Nothing else of the case has moved: no state, no deadline, no light, and nobody is told.
    assert (after.state, after.phase, after.deadlines) == (before.state, before.phase, before.deadlines)
    assert not [told for told in bench.told(case_id) if told.case_seq == after.version]
    with pytest.raises(GuardRefused, match="已经是“工作秘密”"):
        bench.act(case_id, Act.MARK_CONFIDENTIALITY, "02-10", **change)
    bench.act(case_id, Act.MARK_CONFIDENTIALITY, "02-10", role=Role.HANDLER, confidentiality="internal", reason="误标")
    mark, body = stored(bench, case_id)
    assert (mark, "confidentiality" in body) == ("internal", False)
    assert bench.folded(case_id) == bench.case(case_id)
    assert bench.office.proofs.verify().ok


def test_the_mark_of_a_case_that_is_over_can_be_put_right_but_not_of_one_that_is_sealed(bench: Bench) -> None:
    over, sealed = bench.open(), bench.open()
    bench.act(over, Act.DISMISS, "02-02", reason="查否")
    bench.act(sealed, Act.TRANSFER, "02-02", receiver="市纪委监委")
    change: dict[str, Any] = {"role": Role.DIRECTOR, "confidentiality": "work_secret", "reason": "核定"}
    bench.act(over, Act.MARK_CONFIDENTIALITY, "02-03", **change)
    assert bench.case(over).confidentiality is Confidentiality.WORK_SECRET
    assert bench.state(over) is State.UNFOUNDED
    with pytest.raises(Exception, match="移送"):
        bench.act(sealed, Act.MARK_CONFIDENTIALITY, "02-03", **change)


def test_a_part_that_is_handed_over_keeps_the_mark_of_its_case(bench: Bench) -> None:
    case_id = bench.ordered(confidentiality="work_secret")
    bench.act(case_id, Act.TRANSFER, "02-09", receiver="市纪委监委", partial=True, part="线索", rest="制度不健全")
    child = bench.case(case_id + 1)
    assert (child.state, child.confidentiality) == (State.TRANSFERRED, Confidentiality.WORK_SECRET)


# --- the ledger -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "mark"),
    [("公开", "public"), ("内部", "internal"), (" 工作 秘密", "work_secret"), (None, ""), ("无", ""), ("—", "")],
)
def test_a_ledger_s_column_of_marks_is_read(tmp_path: Path, written: str | None, mark: str) -> None:
    (row,) = read_ledger(workbook(tmp_path / "l.xlsx", WITH_MARK, [*GOOD, written]), DUTIES).rows
    assert isinstance(row, LedgerRow)
    assert row.confidentiality == mark


@pytest.mark.parametrize("written", ["秘密", "机密", "绝密", "秘密★5年", "秘密（5年）", "机 密", "内部/秘密"])
def test_a_row_with_a_state_secret_is_refused_and_the_others_are_not(tmp_path: Path, written: str) -> None:
    rows = [[*GOOD, "内部"], [*changed({}), written], [*changed({}, 3), "工作秘密"]]
    found = read_ledger(workbook(tmp_path / "l.xlsx", WITH_MARK, *rows), DUTIES).rows
    assert [type(row) for row in found] == [LedgerRow, BadRow, LedgerRow]
    assert isinstance(found[1], BadRow)
    assert "国家秘密" in found[1].reason.text()
    assert "J4" in found[1].reason.text("en")


def test_a_mark_that_nobody_knows_is_asked_about(tmp_path: Path) -> None:
    (row,) = read_ledger(workbook(tmp_path / "l.xlsx", WITH_MARK, [*GOOD, "普通"]), DUTIES).rows
    assert isinstance(row, BadRow)
    assert "公开、内部或工作秘密" in row.reason.text()


def test_a_ledger_imported_before_marks_were_read_is_known_again(bench: Bench, tmp_path: Path) -> None:
    now = datetime.fromisoformat("2026-11-01T10:00+08:00")
    unnumbered = [None, *GOOD[1:]]
    outcomes = []
    for place, (head, *rows) in enumerate(
        [(HEAD, unnumbered), (WITH_MARK, [*unnumbered, "工作秘密"], [*changed({}, 9), "工作秘密"])]
    ):
        path = workbook(tmp_path / f"{place}.xlsx", head, *rows)
        outcomes.append([row.outcome for row in import_ledger(bench.desk, path, DUTIES, now, user="u").rows])
    assert outcomes == [["opened"], ["skipped", "opened"]]
    assert [bench.case(n).confidentiality.value for n in (1, 2)] == ["internal", "work_secret"]


# --- what was there before ------------------------------------------------------------------------------------------


def test_a_row_from_before_there_were_marks_reads_as_internal_and_verifies(bench: Bench) -> None:
    """The row as the release before wrote it: the column is filled by the database, the body has no such field."""
    case_id = bench.ordered()
    _mark, body = stored(bench, case_id)
    old = orjson.dumps({key: value for key, value in body.items() if key != "confidentiality"}).decode()
    with bench.office.database.transaction() as session:
        session.execute(text("UPDATE cases SET body = :body WHERE id = :id"), {"body": old, "id": case_id})
    assert bench.case(case_id).confidentiality is Confidentiality.INTERNAL
    bench.act(case_id, Act.SUBMIT_PLAN, "02-09")
    assert bench.office.proofs.verify().ok


def test_cases_of_the_schema_before_become_internal_and_their_proposals_keep_who_decides_them(empty_url: str) -> None:
    database = Database(empty_url)
    migrations.upgrade(database, "0011")
    for n in (100, 101):
        migrations.insert(database, migrations.tables(database), n)
    with database.transaction() as session:
        session.execute(text("UPDATE cases SET waiting_for = NULL WHERE id = 100"))
        body = orjson.dumps({"approvers": ["leader", "director"], "finding": '"approvers":["head"]'}).decode()
        session.execute(text("UPDATE cases SET body = :body"), {"body": body})
    migrations.upgrade(database, "0013")
    with database.reading() as session:
        found = session.execute(text("SELECT confidentiality, approvers FROM cases ORDER BY id")).all()
    assert [tuple(row) for row in found] == [("internal", None), ("internal", '["leader","director"]')]
    database.close()


def test_the_mark_in_the_row_is_compared_with_the_events(bench: Bench) -> None:
    """Whoever takes a mark away in the table shows the case to many: the verification finds it."""
    case_id = bench.open(confidentiality="work_secret")
    with bench.office.database.transaction() as session:
        session.execute(text("UPDATE cases SET confidentiality = 'public'"))
        assert cases.get(session, case_id).case.confidentiality is Confidentiality.WORK_SECRET
    assert not bench.office.proofs.verify().ok
