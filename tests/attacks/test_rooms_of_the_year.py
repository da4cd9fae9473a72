"""The rooms of the year attacked: guessed codes, numbers that are none, unseen characters, second clicks, looks."""

from __future__ import annotations

import threading
from copy import copy
from io import BytesIO
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import pytest
from docx import Document
from docx.oxml import OxmlElement
from starlette.testclient import TestClient

from accounts import first_day
from cases import case_listing
from documents.kinds import find_kind
from documents.uploads import MOST_PARAGRAPHS, MOST_RUNS, dated, examined_word, texts_of
from documents.word_file import BadDocument
from states.clue import ClueSource
from states.errors import BadData, Problem
from states.field_values import Kind
from states.fields import FIELDS
from states.secrecy import refuse_secrets
from states.vocabulary import Act, Role
from store import organisation, unit_posts
from store.visibility import Reader
from tests.support.inspections import draft, units
from tests.support.obligated_office import COUNTY, generated, with_county
from tests.support.offices import UNIT, Bench, at, day
from tests.support.routes import compiled, filled
from tests.support.visitors import Arrivals
from web.forms import plain_file_name
from wiring import Office, now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from programme.inspection_drafts import InspectionDraft

LONG: Final = "9" * 5000
"""More digits than Python reads as a number."""
HUGE: Final = "9" * 30
UNSEEN: Final = ("\u202e", "\u2067", "\u200b", "\x7f")
SETUP_BUSY: Final = "办公室名称"


@pytest.fixture
def arrivals(sqlite_bench: Bench) -> Iterator[Arrivals]:
    with Arrivals(sqlite_bench) as found:
        yield found


def _at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Return what each of the calls gave that were begun at the same moment, or the problem that it met."""
    gate, given = threading.Barrier(len(calls)), []

    def one(call: Callable[[], Any]) -> None:
        gate.wait()
        try:
            given.append(call())
        except Problem as problem:
            given.append(problem)

    threads = [threading.Thread(target=one, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


# --- the first day --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["", "&step=channels", "&step=people"])
def test_a_guessed_code_shows_nothing_of_the_set_up(sqlite_bench: Bench, step: str) -> None:
    sqlite_bench.office.installation.prepare(now())
    code = first_day.begin(sqlite_bench.office.database, now())
    with TestClient(sqlite_bench.application) as stranger:
        guessed = stranger.get(f"/setup?code=guess{step}")
        assert guessed.status_code == 409
        assert sqlite_bench.settings.series not in guessed.text
        assert "smtp_host" not in guessed.text
        assert SETUP_BUSY in stranger.get(f"/setup?code={code}").text
        first_day.redeem(sqlite_bench.office.database, code, now())
        assert stranger.get(f"/setup?code={code}").status_code == 409


def test_before_any_set_up_every_code_is_wrong(sqlite_bench: Bench) -> None:
    with TestClient(sqlite_bench.application) as stranger:
        assert stranger.get("/setup?code=x").status_code == 409


def test_of_two_visitors_with_one_code_one_gets_in(bench: Bench) -> None:
    database = bench.office.database
    code = first_day.begin(database, now())
    given = _at_once(*[lambda: first_day.redeem(database, code, now())] * 4)
    tokens = [one for one in given if isinstance(one, str)]
    assert [first_day.is_open(database, one, now()) for one in tokens] == [True]


def test_two_who_make_the_administrators_at_once_make_three(bench: Bench) -> None:
    database, office = bench.office.database, bench.settings.office
    with database.transaction() as session:
        unit_posts.ensure_office(session, office)
    first_day.begin(database, now())
    wanted = [
        [(role, f"{role.value.replace('_', '-')}-{place}", "某人") for role in first_day.ADMINISTRATORS]
        for place in range(3)
    ]
    given = _at_once(
        *[lambda these=these: first_day.make_administrators(database, office, these, now()) for these in wanted]
    )
    assert sorted(len(one) if isinstance(one, list) else 0 for one in given) == [0, 0, 3]


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [LONG, HUGE, "-1", "0", "²", "٣", "1e3", "9999", "1"])
def test_what_is_no_number_of_ours_is_refused_and_never_a_failure(arrivals: Arrivals, number: str) -> None:
    leader, director = arrivals.come("leader", Role.LEADER), arrivals.come("director", Role.DIRECTOR)
    sent = [
        director.send("/ranking", act="compute", year=number),
        director.send("/ranking", act="answer", year="2026", id=number, text="x"),
        director.send("/ranking", act="object", year=number, text="x"),
        leader.send("/plan", year=number),
        director.send("/obligations", year=number),
    ]
    if len(number) < 100:
        sent.append(director.send(f"/cases/views/{number}/delete"))
        sent += [director.read(f"{path}?year={number}") for path in ("/plan", "/ranking", "/obligations")]
    assert [answer.status_code for answer in sent if answer.status_code >= 500] == []


def test_a_number_in_the_form_of_an_act_may_be_as_long_as_it_likes(arrivals: Arrivals) -> None:
    bench, inspector = arrivals.bench, arrivals.come("chen", Role.HANDLER)
    case = bench.ordered()
    bench.act(case, Act.SUBMIT_REPORT, "02-12")
    for act in (Act.VERIFY_FAIL, Act.VERIFY_PASS, Act.SERVE_ORDER):
        data = {f"d.{field.name}": f"{LONG}|x|x" for field in FIELDS[act].values() if field.kind is Kind.RECORDS}
        data |= {f"d.{field.name}": LONG for field in FIELDS[act].values() if field.kind is Kind.NUMBER}
        answer = inspector.send(f"/cases/{case}/acts", f"/cases/{case}", act=act.value, on="2026-02-12", **data)
        assert answer.status_code < 500


def test_a_cursor_and_a_version_are_numbers_of_ours(arrivals: Arrivals) -> None:
    handler = arrivals.come("liu", Role.HANDLER)
    assert handler.client.get(f"/api/v1/cases?cursor={LONG}").status_code == 422
    secret = handler.client.get("/account").text.partition('name="csrf" value="')[2].partition('"')[0]
    case = arrivals.bench.open()
    headers = {"x-csrf-token": secret, "if-match": f'"{LONG}"'}
    answer = handler.client.post(f"/api/v1/cases/{case}/acts", json={"act": "urge"}, headers=headers)
    assert answer.status_code == 422


# --- characters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ['"a\\u0000b"', '"a\\ud800b"', '"\\u0007"'], ids=["nul", "half a pair", "bell"])
def test_no_body_of_the_interface_brings_what_no_database_keeps(arrivals: Arrivals, text: str) -> None:
    director = arrivals.come("director", Role.DIRECTOR)
    secret = director.client.get("/account").text.partition('name="csrf" value="')[2].partition('"')[0]
    headers = {"x-csrf-token": secret, "content-type": "application/json", "accept-language": "zh-CN"}
    bodies = [f'{{"note": [{{"deep": {text}}}], "act": "urge"}}', f"{{{text}: 1}}", f"[{text}]"]
    tried = 0
    with arrivals.bench.office.database.reading() as session:
        before = arrivals.bench.verified(session).events
    for method, path in compiled(arrivals.bench.application.routes):
        writes = method in ("POST", "PATCH") and path.startswith("/api/v1")
        if writes and not path.endswith(("/file", "/scan", "/photos")):
            for body in bodies:
                tried += 1
                answer = director.client.request(method, filled(path, 1), content=body, headers=headers)
                assert answer.status_code == 422, (method, path, answer.text)
    assert tried > 60
    with arrivals.bench.office.database.reading() as session:
        assert arrivals.bench.verified(session).events == before


def test_a_commendation_does_not_keep_what_a_list_or_a_paper_cannot_show(arrivals: Arrivals) -> None:
    bench, director = arrivals.bench, arrivals.come("director", Role.DIRECTOR)
    with bench.office.database.transaction() as session:
        organisation.ensure_unit(session, UNIT)
    secret = director.client.get("/account").text.partition('name="csrf" value="')[2].partition('"')[0]
    body = {"unit": UNIT, "text": "整改举一反三\x00"}
    answer = director.client.post("/api/v1/commendations", json=body, headers={"x-csrf-token": secret})
    assert answer.status_code == 422
    assert bench.office.commendations.listed() == []


@pytest.mark.parametrize("mark", UNSEEN)
def test_no_name_of_these_rooms_holds_what_nobody_sees(sqlite_bench: Bench, mark: str) -> None:
    bench = sqlite_bench
    units(bench)
    reader = Reader("director", Role.DIRECTOR, 0, 0)
    with pytest.raises(BadData, match="名称"):
        case_listing.keep_view(bench.office.database, reader, f"红灯{mark}灯", "state=found", at("02-01"), shared=True)
    with pytest.raises(BadData):
        bench.office.inspection_plans.plan(draft(title=f"核查{mark}"), bench.actor(Role.HANDLER), at("01-10"))
    director, leader = bench.actor(Role.DIRECTOR), bench.actor(Role.LEADER)
    made = bench.office.commendations.propose(UNIT, "", "整改举一反三", day("02-01"), director, at("02-01"))
    with pytest.raises(BadData, match="文号"):
        bench.office.commendations.commend(made.id, f"表{mark}1号", day("02-02"), leader, at("02-02"))


# --- a second click, and two processes ------------------------------------------------------------------------------


@pytest.fixture
def second(bench: Bench) -> Iterator[Office]:
    """Another process on the same database, as far as connections and memory go."""
    found = Office(bench.settings)
    yield found
    found.close()


def _with_accounts(bench: Bench) -> None:
    with_county(bench)
    units(bench)
    with Arrivals(bench) as arrivals:
        arrivals.account("liu", Role.HANDLER)
        arrivals.account("magistrate", Role.HEAD, COUNTY)


def test_whatever_is_sent_twice_at_the_same_moment_from_two_processes_is_there_once(
    bench: Bench, second: Office
) -> None:
    _with_accounts(bench)
    liu, on, moment = bench.actor(Role.HANDLER, "liu"), day("01-10"), at("01-10")
    both = (bench.office, second)
    plan: InspectionDraft = draft(kept_because="市委交办")
    one = generated(bench)
    calls: dict[str, Callable[[Office], Any]] = {
        "clue": lambda here: (
            here.clues.raise_clue(ClueSource.TIP_OFF, UNIT, "窗口不受理", on, liu, moment, once=True).id
        ),
        "praise": lambda here: here.commendations.propose(UNIT, "", "举一反三", on, liu, moment, once=True).id,
        "plan": lambda here: here.inspection_plans.plan(plan, liu, moment, once=True).id,
        "done": lambda here: here.obligations.submit(one.id, on, liu, moment, note="常委会听取汇报", once=True).done_on,
    }
    for name, call in calls.items():
        given = _at_once(*[lambda here=here, call=call: call(here) for here in both * 2])
        assert len(set(given)) == 1, (name, given)
    assert len(bench.office.clues.listed()) == 1
    assert len(bench.office.commendations.listed()) == 1
    assert len(bench.office.inspection_plans.listed(2026)) == 1
    assert bench.office.obligations.one(one.id).done_on == (on,)
    assert bench.office.proofs.verify().ok


def test_what_differs_is_another(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    _with_accounts(bench)
    liu, other, moment = bench.actor(Role.HANDLER, "liu"), bench.actor(Role.HANDLER, "he"), at("01-11")
    clues, praise, one = bench.office.clues, bench.office.commendations, generated(bench)
    for who, text, on in ((liu, "甲", "01-10"), (liu, "乙", "01-10"), (liu, "甲", "01-11"), (other, "甲", "01-10")):
        clues.raise_clue(ClueSource.TIP_OFF, UNIT, text, day(on), who, moment, once=True)
        praise.propose(UNIT, "", text, day(on), who, moment, once=True)
        bench.office.obligations.submit(one.id, day(on), who, moment, note=text, once=True)
    assert len(clues.listed()) == len(praise.listed()) == len(bench.office.obligations.one(one.id).done_on) == 4


def test_what_was_decided_may_be_proposed_again(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    _with_accounts(bench)
    liu, leader, on = bench.actor(Role.HANDLER, "liu"), bench.actor(Role.LEADER), day("01-10")
    first = bench.office.commendations.propose(UNIT, "", "举一反三", on, liu, at("01-10"))
    bench.office.commendations.refuse(first.id, "材料不足", on, leader, at("01-10"))
    assert bench.office.commendations.propose(UNIT, "", "举一反三", on, liu, at("01-10"), once=True).id != first.id


# --- who looked -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/download.docx"])
def test_a_document_of_what_was_handed_over_is_not_read_unseen(arrivals: Arrivals, path: str) -> None:
    bench, leader = arrivals.bench, arrivals.come("leader", Role.LEADER)
    case = bench.ordered()
    made = bench.office.documents.draft(case, "help", {}, bench.actor(Role.HANDLER, "liu"), day("02-10"), at("02-10"))
    bench.act(case, Act.TRANSFER, "02-12", role=Role.LEADER, receiver="市纪委监委")
    before = len(bench.history(case))
    assert leader.read(f"/documents/{made.kept.id}{path}").status_code == 200
    looked = bench.history(case)[before:]
    assert [(one.event.act, one.event.data["who"]) for one in looked] == [(Act.CASE_VIEWED, "leader")]


@pytest.mark.parametrize("role", [Role.HANDLER, Role.DIRECTOR, Role.AUDITOR, Role.ARCHIVIST, Role.HEAD])
def test_a_document_of_what_was_handed_over_is_as_sealed_as_the_case(arrivals: Arrivals, role: Role) -> None:
    bench, reader = arrivals.bench, arrivals.come("reader", role, UNIT if role is Role.HEAD else "")
    case = bench.ordered(finding="河道三号断面私采砂石")
    made = bench.office.documents.draft(case, "help", {}, bench.actor(Role.HANDLER, "liu"), day("02-10"), at("02-10"))
    bench.act(case, Act.TRANSFER, "02-12", role=Role.LEADER, receiver="市纪委监委")
    for path in ("", "/download.docx", "/download.pdf", "/download/scan"):
        answer = reader.read(f"/documents/{made.kept.id}{path}")
        assert answer.status_code in (403, 404), path
        assert "三号断面" not in answer.text
    assert "三号断面" not in reader.client.get(f"/api/v1/documents/{made.kept.id}").text


# --- files ----------------------------------------------------------------------------------------------------------

PROMPT: Final = 5.0
"""Seconds, on a slow machine with others on it: what took minutes takes some hundredths of one."""


def _word(*texts: str, empty: int = 0) -> bytes:
    document = Document()
    for text in texts:
        document.add_paragraph(text)
    for _place in range(empty):
        document.element.body.append(OxmlElement("w:p"))
    file = BytesIO()
    document.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "text", ["〔2026〕" * 20_000, "〔2026〕　" * 20_000, "x" * 300_000, "〔2026〕" + " " * 300_000]
)
def test_a_paragraph_that_nearly_is_a_number_a_thousand_times_is_read_once(text: str) -> None:
    begun = monotonic()
    with pytest.raises(BadDocument):
        examined_word(_word(text), "通知.docx", find_kind("order"))
    assert monotonic() - begun < PROMPT


@pytest.mark.parametrize("text", ["\n" * 300_000, "秘\n" * 100_000, "秘" + "\n" * 300_000])
def test_a_text_of_empty_lines_is_searched_for_marks_once(text: str) -> None:
    begun = monotonic()
    refuse_secrets(text)
    assert monotonic() - begun < PROMPT
    with pytest.raises(BadData):
        refuse_secrets(f"{text}\n  秘 密  \n")


def test_the_number_is_still_written_where_it_is_left_blank() -> None:
    made = dated(
        _word("文号：临法〔2026〕　号", "（参见临法〔2025〕3号）临法督〔2026〕号 尾"), number="临法督〔2026〕7号"
    )
    assert texts_of(made) == ["临法督〔2026〕7号", "临法督〔2026〕7号 尾"]


def test_a_word_file_of_endless_lines_is_no_document() -> None:
    kind = find_kind("order")
    most = MOST_PARAGRAPHS - 1
    assert examined_word(_word("临法〔2026〕　号", empty=most), "通知.docx", kind)
    with pytest.raises(BadDocument, match="超过5000段"):
        examined_word(_word("临法〔2026〕　号", empty=most + 1), "通知.docx", kind)


def test_a_word_file_of_one_line_in_endless_pieces_is_no_document() -> None:
    """53 kB with one paragraph of 300,000 runs held a request for twenty seconds."""
    document, target = Document(), BytesIO()
    paragraph = document.add_paragraph("临法〔2026〕　号")
    piece = paragraph.runs[0]._r  # python-docx adds one at a time, and slowly
    for _ in range(MOST_RUNS):
        piece.addnext(copy(piece))
    document.save(target)
    with pytest.raises(BadDocument, match="切成了50000段以上"):
        examined_word(target.getvalue(), "通知.docx", find_kind("order"))


FOLDERS: Final = ("..", ".", "a/..", "\u200b..\u200b", "\x01.\x01", "x/", "长" * 300 + ".json", "..\\..")


@pytest.mark.parametrize("name", FOLDERS, ids=range(len(FOLDERS)))
def test_a_file_that_is_called_like_a_folder_is_a_file(name: str) -> None:
    plain = plain_file_name(name)
    assert plain not in ("", ".", "..")
    assert "/" not in plain
    assert len(plain.encode()) < 255


@pytest.mark.parametrize("name", ["..", "a/..", "长" * 300 + ".json"], ids=["dots", "below", "long"])
def test_a_calendar_that_is_called_like_a_folder_is_no_failure(arrivals: Arrivals, name: str) -> None:
    bench, sent = arrivals.bench, {"file": (name, b"no calendar")}
    code = first_day.begin(bench.office.database, now())
    with TestClient(bench.application) as stranger:
        answer = stranger.post("/setup", data={"do": "calendar", "step": "calendar", "code": code}, files=sent)
    assert answer.status_code < 500
    admin = arrivals.come("admin", Role.ADMINISTRATOR)
    for path in ("/admin/calendar", "/admin/policies"):
        page = admin.client.get(path)
        secret = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        answer = admin.client.post(path, data={"csrf": secret, "do": "propose"}, files=sent | {"policy": sent["file"]})
        assert answer.status_code < 500
