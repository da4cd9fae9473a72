"""The file of a head: a case stays with whoever held the post when it was found; a notice goes to who is there.

The approved texts are in tests/data/dossiers; `python -m tests.programme.test_dossiers` writes them anew.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pytest
from docx import Document

from cases.erasure import erase_person
from programme.dossier import GROUNDLESS
from programme.dossier_papers import DossierPaper
from programme.dossier_text import whole_text
from programme.dossiers import EXPORTED, LETTERED, VIEWED
from programme.rooms import Commended, DutyOfYear, YearRooms
from states.errors import BadData, NotFound, NotPermitted
from states.vocabulary import Act, Confidentiality, Role, State
from store import accounts, admin_log, organisation, tenures, unit_posts
from store.tenures import Tenure, covered
from tests.support.change_of_head import AFTER, AFTER_NAME, BEFORE, BEFORE_NAME, DATES, FINDING, POST, appoint, live
from tests.support.databases import Databases
from tests.support.offices import UNIT, Bench, at, day

if TYPE_CHECKING:
    from datetime import date

    from programme.dossier import Dossier
    from store.accounts import Person

APPROVED: Final = Path("tests/data/dossiers")
NOW: Final = at("11-28")


@pytest.fixture(scope="module")
def lived(sqlite_shared: Bench) -> tuple[Bench, tuple[int, int, int, int]]:
    """Give the year of the bureau, lived through once; no test of this module changes it."""
    return sqlite_shared, live(sqlite_shared)


Lived = tuple[Bench, tuple[int, int, int, int]]


def file_of(bench: Bench, which: str, on: str, person: Person | None = None, first: str = "") -> Dossier:
    return bench.office.dossiers.read(which, day(on), NOW, person, first=first).dossier


def texts(bench: Bench) -> dict[str, str]:
    """Return the files of both heads at the four dates, by the name of their approved text."""
    found = {}
    for who in (BEFORE, AFTER):
        for on in DATES:
            try:
                text = whole_text(file_of(bench, who, on), "zh-CN")
            except BadData as problem:
                text = str(problem)
            found[f"{who}-{on}.txt"] = text + "\n"
    return found


def test_the_files_of_both_heads_at_four_dates_are_as_approved(lived: Lived) -> None:
    for name, text in texts(lived[0]).items():
        assert text == (APPROVED / name).read_text("utf-8"), name


def test_the_case_of_june_stays_in_the_file_of_who_left_and_the_notice_of_july_is_with_who_came(lived: Lived) -> None:
    bench, (_first, _second, third, fourth) = lived
    left, came = file_of(bench, BEFORE, "09-30"), file_of(bench, AFTER, "09-30")
    assert third in {one.case_id for one in left.cases}
    assert {one.case_id for one in came.cases} == {fourth}
    criticism = [one for one in came.told if one.act is Act.PUBLISH_CRITICISM]
    assert [(one.case_id, one.own, one.signed_on) for one in criticism] == [(third, False, day("07-17"))]
    assert all(one.sent_on < day("07-01") for one in left.told)
    assert all(one.sent_on >= day("07-01") for one in came.told)


def test_what_happened_after_he_left_is_no_figure_of_his(lived: Lived) -> None:
    left = file_of(lived[0], BEFORE, "09-30")
    assert left.happened(Act.PUBLISH_CRITICISM) == 0
    assert left.missed == 0
    later = [step.act for one in left.cases for step in one.steps if step.after_leaving]
    assert Act.MARKED_YELLOW in later
    assert Act.PUBLISH_CRITICISM in later


def test_a_tolerated_case_is_told_without_blame_from_the_day_of_the_decision(lived: Lived) -> None:
    bench, (_first, second, *_others) = lived
    eve, that_day = file_of(bench, BEFORE, "06-21"), file_of(bench, BEFORE, "06-22")
    assert second in {one.case_id for one in eve.cases}
    assert not eve.tolerated
    assert [one.case_id for one in that_day.tolerated] == [second]
    assert second not in {one.case_id for one in that_day.cases}
    assert that_day.entered == eve.entered - 1


def test_the_list_of_what_passes_on_is_the_same_for_both_from_the_first_day_on(lived: Lived) -> None:
    bench, (_first, _second, third, _fourth) = lived
    assert file_of(bench, BEFORE, "06-30").passed is None
    passed, received = file_of(bench, BEFORE, "07-01").passed, file_of(bench, AFTER, "07-01").received
    assert passed is not None
    assert passed == received
    assert [(one.case_id, one.state, one.unsigned) for one in passed.matters] == [(third, State.ORDERED, True)]
    assert (passed.before, passed.after) == (BEFORE_NAME, AFTER_NAME)
    assert file_of(bench, AFTER, "09-30").received == received


def test_on_the_last_day_the_post_is_still_his_and_on_the_first_the_others(lived: Lived) -> None:
    bench, _cases = lived
    assert file_of(bench, POST, "06-30").tenure.username == BEFORE
    assert file_of(bench, POST, "07-01").tenure.username == AFTER
    assert file_of(bench, POST, "09-30", first="2026-01-01").tenure.username == BEFORE


def test_a_file_is_found_by_post_by_number_and_by_person_and_not_ahead_of_today(lived: Lived) -> None:
    bench, _cases = lived
    with bench.office.database.reading() as session:
        post_id = unit_posts.find_post(session, UNIT, POST)
    assert file_of(bench, str(post_id), "09-30") == file_of(bench, AFTER, "09-30")
    for which in ("市长", "0", "9999999999999", "nobody"):
        with pytest.raises(NotFound):
            file_of(bench, which, "09-30")
    with pytest.raises(BadData):
        file_of(bench, AFTER, "11-29")
    with pytest.raises(BadData):
        file_of(bench, POST, "09-30", first="2026-02-02")


def test_the_own_work_has_only_what_the_head_signed_or_did(lived: Lived) -> None:
    work = dict(file_of(lived[0], BEFORE, "06-30").work)
    assert [one.act for one in work["deploy"]] == [Act.SUBMIT_PLAN]
    assert [one.on for one in work["supervise"]] == [day("03-23")]
    assert [one.act for one in work["coordinate"]] == [Act.REQUEST_TOLERANCE]
    assert len(work["solve"]) == 2


def test_the_papers_are_word_files_that_say_the_same_each_time(lived: Lived) -> None:
    bench, _cases = lived
    for paper in DossierPaper:
        data = [bench.office.dossier_papers.handed_out(paper, BEFORE, day("09-30"), NOW, None) for _time in range(2)]
        assert data[0] == data[1]
        said = "\n".join(paragraph.text for paragraph in Document(BytesIO(data[0])).paragraphs)
        assert BEFORE_NAME in said
        assert "容错" in said or paper is DossierPaper.STATEMENT


def test_rooms_that_are_there_have_their_sections_and_others_none(lived: Lived) -> None:
    bench, _cases = lived
    parts = bench.office.database, bench.office.rulebook.calendar, bench.settings.tz
    bare = type(bench.office.dossiers)(*parts).read(BEFORE, day("06-30"), NOW, None).dossier
    assert bare.duties is None
    assert "年度职责" not in whole_text(bare, "zh-CN")
    asked: list[tuple[int, date, date]] = []

    def duties(_session: Any, unit_id: int, first: date, last: date) -> list[DutyOfYear]:
        asked.append((unit_id, first, last))
        return [DutyOfYear(duty="art7-4d", due_on=day("03-31"), met=True, said="2月25日报告")]

    def praise(_session: Any, _post: int, _first: date, _last: date) -> list[Commended]:
        return [Commended(on=day("04-20"), document_number="临法治督〔2026〕15号", said="公开及时")]

    dossiers = type(bench.office.dossiers)(*parts, YearRooms(duties=duties, commendations=praise))
    text = whole_text(dossiers.read(BEFORE, day("09-30"), NOW, None).dossier, "zh-CN")
    assert "2月25日报告" in text
    assert "临法治督〔2026〕15号" in text
    assert asked[0][1:] == (day("01-01"), day("06-30"))


# --- who sees it ------------------------------------------------------------------------------------------------------


def person_of(bench: Bench, role: Role, unit: str = "", name: str = "") -> Person:
    username = name or f"u-{role.value}"
    with bench.office.database.transaction() as session:
        office = unit_posts.ensure_office(session, bench.settings.office)
        unit_id = organisation.ensure_unit(session, unit).id if unit else office
        accounts.add_person(session, username, username, role, unit_id)
        return accounts.person(session, username)


def log_of(bench: Bench) -> list[tuple[str, str, str]]:
    with bench.office.database.reading() as session:
        return [(line.what, line.who, line.detail) for line in admin_log.read(session)]


def test_a_head_reads_the_own_file_and_no_other_and_no_other_unit_reads_any(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    appoint(bench)
    bench.open("06-09", post=POST)
    with bench.office.database.reading() as session:
        left, came = accounts.person(session, BEFORE), accounts.person(session, AFTER)
    others = [
        person_of(bench, Role.HEAD, "临溪市水务局", "shui"),
        person_of(bench, Role.LIAISON, UNIT),
        person_of(bench, Role.INSPECTOR),
        person_of(bench, Role.AUDITOR),
        person_of(bench, Role.DISCIPLINE),
        person_of(bench, Role.ADMINISTRATOR),
    ]
    assert file_of(bench, POST, "09-30", left).tenure.username == BEFORE
    assert file_of(bench, AFTER, "09-30", came).tenure.username == AFTER
    for which, person in [(BEFORE, came), (AFTER, left), *((POST, other) for other in others)]:
        with pytest.raises(NotFound) as refused:
            file_of(bench, which, "09-30", person)
        with pytest.raises(NotFound) as absent:
            file_of(bench, "没有的职务", "09-30", person)
        assert str(refused.value).replace(which, "") == str(absent.value).replace("没有的职务", "")
    assert log_of(bench) == []


def test_the_office_and_the_leader_read_every_file_of_theirs_and_each_time_is_written_down(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    appoint(bench)
    for role in (Role.HANDLER, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST):
        assert file_of(bench, POST, "09-30", person_of(bench, role)).tenure.username == AFTER
    assert [line[0] for line in log_of(bench)] == [VIEWED] * 4
    with bench.office.database.transaction() as session:
        above = organisation.ensure_unit(session, "北川县人民政府", "government").id
        elsewhere = organisation.ensure_unit(session, "北川县督察办", "office", above).id
        accounts.add_person(session, "far", "far", Role.DIRECTOR, elsewhere)
        far = accounts.person(session, "far")
    with pytest.raises(NotFound):
        file_of(bench, POST, "09-30", far)


def test_the_organisation_department_has_it_by_letter_from_the_office_alone(sqlite_bench: Bench) -> None:
    bench, papers = sqlite_bench, sqlite_bench.office.dossier_papers
    appoint(bench)
    director = person_of(bench, Role.DIRECTOR)
    with bench.office.database.reading() as session:
        came = accounts.person(session, AFTER)
    papers.handed_out(DossierPaper.FILE, POST, day("09-30"), NOW, director, letter="临组函〔2026〕5号")
    papers.handed_out(DossierPaper.STATEMENT, AFTER, day("09-30"), NOW, came)
    with pytest.raises(NotPermitted):
        papers.handed_out(DossierPaper.FILE, AFTER, day("09-30"), NOW, came, letter="临组函〔2026〕5号")
    with pytest.raises(BadData):
        papers.handed_out(DossierPaper.FILE, POST, day("09-30"), NOW, director, letter="x" * 101)
    assert log_of(bench) == [
        (EXPORTED, AFTER, "2026-09-30"),
        (LETTERED, director.username, "2026-09-30 临组函〔2026〕5号"),
    ]


def test_a_work_secret_is_in_the_file_for_the_director_and_the_head_and_not_for_the_handler(
    sqlite_bench: Bench,
) -> None:
    bench = sqlite_bench
    appoint(bench)
    bench.open("07-20", post=POST, confidentiality=Confidentiality.WORK_SECRET.value)
    with bench.office.database.reading() as session:
        came = accounts.person(session, AFTER)
    seen = {
        role: len(file_of(bench, POST, "09-30", person_of(bench, role)).cases)
        for role in (Role.DIRECTOR, Role.LEADER, Role.HANDLER, Role.ARCHIVIST)
    }
    assert seen == {Role.DIRECTOR: 1, Role.LEADER: 1, Role.HANDLER: 0, Role.ARCHIVIST: 0}
    assert len(file_of(bench, POST, "09-30", came).cases) == 1


def test_what_was_handed_over_or_groundless_blames_nobody(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    appoint(bench)
    groundless, handed_over = bench.open("07-20", post=POST), bench.open("07-21", post=POST)
    bench.act(groundless, Act.DISMISS, "07-27", reason="查无此事")
    eve = file_of(bench, POST, "07-28")
    assert handed_over in {one.case_id for one in eve.cases}
    bench.act(handed_over, Act.TRANSFER, "07-29", role=Role.LEADER, receiver="市纪委监委", reason="涉嫌违纪")
    for on in ("07-28", "07-29"):
        found = file_of(bench, POST, on)
        assert found.cases == ()
        assert [one.case_id for one in found.groundless] == [groundless]
        assert found.groundless[0].state in GROUNDLESS


def test_erasing_a_person_leaves_every_proof_as_it_was_and_the_file_shows_what_was_erased(bench: Bench) -> None:
    live(bench)
    assert FINDING in whole_text(file_of(bench, BEFORE, "09-30"), "zh-CN")
    erase_person(bench.desk, BEFORE, [], bench.actor(Role.ARCHIVIST), "保管期届满", NOW)
    text = whole_text(file_of(bench, BEFORE, "09-30"), "zh-CN")
    assert BEFORE_NAME not in text
    assert text.count("（已依法删除）") >= 2
    with bench.office.database.reading() as session:
        assert bench.verified(session).ok
    told_to_next = file_of(bench, AFTER, "09-30").received
    assert told_to_next is not None
    assert told_to_next.before == "（已依法删除）"


# --- tenures ----------------------------------------------------------------------------------------------------------

VACANT: Final[dict[str, Any]] = {
    "id": 0,
    "post_id": 1,
    "post": "局长",
    "unit_id": 1,
    "unit": UNIT,
    "username": "",
    "holder": "",
}


def tenure(id_: int, first: str, last: str = "") -> Tenure:
    return Tenure(**VACANT | {"id": id_}, from_on=day(first), until_on=day(last) if last else None)


@pytest.mark.parametrize(
    ("known", "spans"),
    [
        ([], [("", "", 0)]),
        ([tenure(1, "02-01")], [("", "01-31", 0), ("02-01", "", 1)]),
        (
            [tenure(1, "02-01", "03-31"), tenure(2, "05-01")],
            [("", "01-31", 0), ("02-01", "03-31", 1), ("04-01", "04-30", 0), ("05-01", "", 2)],
        ),
        (
            [tenure(1, "02-01"), tenure(2, "05-01", "05-31")],
            [("", "01-31", 0), ("02-01", "04-30", 1), ("05-01", "05-31", 2), ("06-01", "", 0)],
        ),
        ([tenure(1, "02-01", "01-31"), tenure(2, "02-01")], [("", "01-31", 0), ("02-01", "", 2)]),
    ],
)
def test_tenures_cover_all_time_and_never_overlap(known: list[Tenure], spans: list[tuple[str, str, int]]) -> None:
    found = [
        (
            one.from_on.isoformat()[5:] if one.from_on else "",
            one.until_on.isoformat()[5:] if one.until_on else "",
            one.id,
        )
        for one in covered(known, VACANT)
    ]
    assert found == spans


def test_a_case_of_a_time_of_nobody_is_kept_in_a_file_without_a_name(sqlite_bench: Bench) -> None:
    case_id = sqlite_bench.open("06-09")
    found = sqlite_bench.office.dossiers.read(POST, day("06-09"), NOW, None)
    assert [one.case_id for one in found.dossier.cases] == [case_id]
    assert found.dossier.tenure.username == ""
    assert "任职人未登记" in whole_text(found.dossier, "zh-CN")
    with sqlite_bench.office.database.reading() as session:
        assert tenures.find(session, POST)[0] == found.dossier.tenure.post_id


def main() -> None:
    """Write the approved texts anew."""
    with (
        TemporaryDirectory() as folder,
        Databases(Path(folder)) as databases,
        Bench(databases.fresh("sqlite"), Path(folder)) as bench,
    ):
        live(bench)
        for name, text in texts(bench).items():
            (APPROVED / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
