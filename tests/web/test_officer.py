"""The officer's pages: desk, list, bulk acts, board, case, evidence, ledger."""

from __future__ import annotations

import csv
import re
from hashlib import sha256
from html import unescape
from io import BytesIO, StringIO
from threading import Barrier, Thread
from typing import TYPE_CHECKING

from openpyxl import load_workbook
from sqlalchemy import delete, update

from cases.office_ledger import COLUMNS
from states.vocabulary import PERSONS_ACTS, Act, Role, State
from store.schema.cases import CaseRow
from store.schema.timers import TimerRow
from tests.support.forms import alert, fields
from tests.support.ledgers import LEDGER
from tests.support.offices import UNIT, Bench
from web.act_help import help_of
from web.page import HEADERS
from web.views import moves_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response

    from tests.support.visitors import Visitor


def said(page: Response) -> str:
    return "".join(unescape(found) for found in re.findall(r'role="status">([^<]*)<', page.text))


def test_every_act_of_a_person_has_its_sentence_of_help() -> None:
    for act in PERSONS_ACTS:
        assert "依据" in help_of(act).zh, act
        assert "Basis" in help_of(act).en, act


def test_the_desk_counts_what_there_is_to_do_and_links_to_it(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    late, found = bench.ordered(), bench.open()
    handler = visitor("handler", Role.HANDLER)
    page = handler.read("/")
    figures = dict(re.findall(r'href="#(\w+)"><span class="k.*?<span class="v[^"]*">(\d+)<', page.text, re.DOTALL))
    assert figures == {"todo": "1", "late": "2", "soon": "0"}
    assert "待我批准" not in page.text
    assert "最近一次检查" in page.text
    todo = handler.read("/cases?phase=deciding&phase=verifying&phase=minutes")
    assert "phase=deciding&amp;phase=verifying&amp;phase=minutes" in page.text
    assert f'href="/cases/{found}"' in todo.text
    assert f'href="/cases/{late}"' not in todo.text
    link = re.search(r'href="(/cases\?due_before=[^"]*)"', page.text)
    assert link is not None
    assert f'href="/cases/{late}"' in handler.read(unescape(link[1])).text


def test_the_desk_says_all_is_well_only_while_it_is(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    handler = visitor("handler", Role.HANDLER)
    assert "0个在办期限都已排定下一步，漏触发0个" in said(handler.read("/"))
    case = bench.open()
    # Its reminders have been due for months by the clock of the page, and nobody has swept.
    page = handler.read("/").text
    attention = '<b>请注意：</b><span role="status">'
    assert re.search(attention + "1个在办期限都已排定下一步，漏触发[1-9]个；最近一次检查：还没有", page)
    with bench.office.database.transaction() as session:
        session.execute(update(CaseRow).where(CaseRow.id == case).values(next_due_on=None))
        session.execute(delete(TimerRow).where(TimerRow.case_id == case))
    page = handler.read("/").text
    assert re.search(attention + r"\d+个在办期限；有1件在办案件没有下一步", page)
    assert "1 open cases have no next step" in handler.read("/?lang=en").text


def test_the_list_and_its_exports_show_the_same_cases_and_no_formula(
    bench: Bench, visitor: Callable[..., Visitor]
) -> None:
    evil = '=HYPERLINK("http://x")'
    bench.open(unit=evil)
    ordered = bench.ordered()
    handler = visitor("handler", Role.HANDLER)
    everything = handler.read("/cases/export.csv")
    assert everything.headers["content-disposition"].startswith("attachment;")
    assert everything.headers["x-content-type-options"] == "nosniff"
    lines = list(csv.reader(StringIO(everything.content.decode("utf-8-sig"))))
    assert [line[4] for line in lines] == ["单位", f"'{evil}", UNIT]
    only = list(csv.reader(StringIO(handler.read("/cases/export.csv?state=ordered_to_rectify").text)))
    assert [line[0] for line in only[1:]] == [bench.case(ordered).number]
    sheet = load_workbook(BytesIO(handler.read("/cases/export.xlsx").content))["整改台账"]
    title, heads, *rows = sheet.iter_rows()
    assert "整改台账（2026年" in str(title[0].value)
    assert [cell.value for cell in heads] == [column.head for column in COLUMNS]
    assert [row[1].value for row in rows] == [line[0] for line in lines[1:]]
    assert [row[4].value for row in rows] == [f"'{evil}", UNIT]
    assert rows[1][6].value == "第七条第一项：列入规划和年度计划"
    assert [str(cell.value)[:10] for cell in (rows[1][3], rows[1][11])] == ["2026-01-28", "2026-02-06"]
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d", "inlineStr"}
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("C3", "A2:T4")
    assert sheet.print_title_rows == "$1:$2"
    assert handler.read("/cases?due_before=soon").status_code == 422
    assert handler.read("/cases/export.csv?due_before=soon").status_code == 422
    stranger = visitor("stranger", Role.HEAD, "临溪市教育局")
    assert len(stranger.read("/cases/export.csv").text.splitlines()) == 1


def test_the_list_goes_on_behind_a_cursor_and_keeps_its_filters(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    opened = [bench.open() for _ in range(53)]
    handler = visitor("handler", Role.HANDLER)
    page = handler.read("/cases?state=found&q=临溪")
    assert "共53件" in page.text
    link = re.search(r'href="(/cases\?[^"]*after=[^"]*)"', page.text)
    assert link is not None
    rest = handler.read(unescape(link[1])).text
    shown = {int(id_) for id_ in re.findall(r'href="/cases/(\d+)"', page.text)}
    more = {int(id_) for id_ in re.findall(r'href="/cases/(\d+)"', rest)}
    assert len(shown) == 50
    assert shown | more == set(opened)
    assert not shown & more
    board = handler.read("/board").text
    assert "还有38件" in board
    assert len(re.findall(r'<h3><a href="/cases/\d+"', board)) == 15


def test_one_act_on_many_cases_is_tried_out_first_and_then_entered_one_by_one(
    bench: Bench, visitor: Callable[..., Visitor]
) -> None:
    good, other, wrong = bench.open(), bench.open(), bench.ordered()
    foreign = bench.open(unit="临溪市教育局")
    handler = visitor("handler", Role.HANDLER)
    listed = handler.read("/cases?state=found")
    assert f'value="{good}:1"' in listed.text
    ticked = [f"{good}:1", f"{other}:1", f"{wrong}:2"]
    csrf = fields(listed, "/cases/bulk")["csrf"]
    form = handler.client.post("/cases/bulk", data={"csrf": csrf, "act": "serve_order", "case": ticked})
    asked = fields(form, "/cases/bulk", step="preview")
    assert asked["case"] == ticked
    asked |= {
        "on": "2026-02-06",
        "d.term.n": "15",
        "d.term.unit": "wd",
        "d.items": "一\n二",
        "d.authorization_note": "经主任同意",
        "d.criteria": "列入计划",
    }
    preview = handler.client.post("/cases/bulk", data=asked)
    assert "2件可以办理，1件不能" in said(preview)
    assert len(bench.history(good)) == 1
    assert bench.state(good) is State.FOUND
    confirm = fields(preview, "/cases/bulk", step="confirm")
    assert confirm["case"] == ticked[:2]
    # Somebody else is quicker with one of them.
    bench.act(other, Act.DISMISS, "02-06", reason="查无此事")
    for _ in range(2):
        done = handler.client.post("/cases/bulk", data=confirm)
        assert "已办理1件，未办理1件" in said(done)
    assert [bench.state(id_) for id_ in (good, other, wrong)] == [State.ORDERED, State.UNFOUNDED, State.ORDERED]
    assert len(bench.history(good)) == 2
    assert [item["fact"] for item in bench.history(good)[-1].event.data["items"]] == ["一", "二"]
    empty = handler.client.post("/cases/bulk", data={"csrf": csrf, "act": "serve_order"})
    assert empty.status_code == 422
    head = visitor("head", Role.HEAD, UNIT)
    mine = fields(head.read("/cases"), "/cases/bulk")["csrf"]
    answer = head.client.post("/cases/bulk", data={"csrf": mine, "act": "acknowledge", "case": f"{foreign}:1"})
    assert answer.status_code == 422
    assert bench.case(foreign).number not in answer.text


def test_the_board_moves_a_card_by_the_form_of_its_act(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    found, ordered = bench.open(), bench.ordered()
    director = visitor("director", Role.DIRECTOR)
    page = director.read("/board").text
    assert re.search(r'id="column-ordered_to_rectify">.*?逾期1件', page, re.DOTALL)
    assert f'href="/cases/{found}?act=serve_order#step"' in page
    assert f'href="/cases/{ordered}?act=serve_order#step"' not in page
    form = director.read(f"/cases/{found}?act=serve_order").text
    assert re.search(r'<h2 id="step">送达责令整改通知', form)
    assert moves_of(Role.AUDITOR, State.FOUND) == ()
    assert UNIT not in visitor("stranger", Role.HEAD, "临溪市教育局").read("/board").text


def test_a_refused_form_keeps_every_word_and_the_files(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    head = visitor("head", Role.HEAD, UNIT)
    asked = f"/cases/{case}?act=request_extension"
    form = fields(head.read(f"{asked}&on=2026-02-20"), f"/cases/{case}/acts", act="request_extension")
    assert form["on"] == "2026-02-20"
    assert 'value="request_extension"' not in head.read(asked).text
    typed = form | {
        "on": "2026-02-20",
        "d.reason": "雨“季”<b>",
        "d.term.n": "soon",
        "d.signed_by": "局长",
        "d.note": "备注",
    }
    refused = head.client.post(
        f"/cases/{case}/acts", data=typed, files=[("f.evidence", ("../../申请.pdf", b"%PDF-1", "text/html"))]
    )
    assert refused.status_code == 422
    assert "期限" in alert(refused)
    again = fields(refused, f"/cases/{case}/acts", act="request_extension")
    hash_ = sha256(b"%PDF-1").hexdigest()
    for key in ("on", "d.reason", "d.term.n", "d.signed_by", "d.note"):
        assert again[key] == typed[key], key
    assert again["d.evidence"] == hash_
    assert again["key"] != form["key"]
    done = head.client.post(f"/cases/{case}/acts", data=again | {"d.term.n": "5", "d.term.unit": "wd"})
    assert "已办理：申请延期" in done.text
    assert bench.history(case)[-1].event.data["evidence"] == [hash_]


def test_evidence_is_kept_under_its_hash_and_handed_out_to_those_who_see_the_case(
    bench: Bench, visitor: Callable[..., Visitor]
) -> None:
    case, other = bench.ordered(), bench.open(unit="临溪市教育局")
    head = visitor("head", Role.HEAD, UNIT)
    form = fields(head.read(f"/cases/{case}?act=submit_plan"), f"/cases/{case}/acts", act="submit_plan")
    content = b"<script>alert(1)</script>"
    files = [("f.evidence", ("方案.html", content, "text/html")), ("f.evidence", ("图.png", b"png", "image/png"))]
    done = head.client.post(f"/cases/{case}/acts", data=form | {"on": "2026-02-13"}, files=files)
    hash_ = sha256(content).hexdigest()
    assert f"/cases/{case}/evidence/{hash_}" in done.text
    assert "方案.html" in done.text
    assert hash_ in done.text
    assert "<small>1 kB</small>" in done.text
    got = head.read(f"/cases/{case}/evidence/{hash_}")
    assert got.content == content
    assert got.headers["content-disposition"].startswith("attachment;")
    assert got.headers["content-type"] == "application/octet-stream"
    assert HEADERS.items() <= {**dict(got.headers), **{key: got.headers[key] for key in HEADERS}}.items()
    assert head.read(f"/cases/{case}/evidence/{'0' * 64}").status_code == 404
    stranger = visitor("stranger", Role.HEAD, "临溪市教育局")
    for path in (f"/cases/{case}/evidence/{hash_}", f"/cases/{other}/evidence/{hash_}"):
        assert stranger.read(path).status_code == 404, path


def test_the_case_says_who_signed_and_which_documents_went_out(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.open()
    bench.act(case, Act.SERVE_ORDER, "02-06", term="15wd", document_number="临法治督〔2026〕7号")
    bench.act(case, Act.ACKNOWLEDGE, "02-07", role=Role.HEAD, of=2, signed_by="办公室主任")
    page = visitor("handler", Role.HANDLER).read(f"/cases/{case}").text
    assert "<small>临法治督〔2026〕7号 · 2月6日（周五）</small>" in page
    assert "办公室主任2月7日（周六）签收" in page
    assert "待发</span>" in page
    assert "为什么是这一天" in page
    assert "依据：" in page


def test_of_two_who_act_at_once_one_wins_and_the_other_is_told_and_loses_no_word(
    bench: Bench, visitor: Callable[..., Visitor]
) -> None:
    case = bench.open()
    action = f"/cases/{case}/acts"
    people_ = [visitor("first", Role.DIRECTOR), visitor("second", Role.DIRECTOR)]
    reasons = ["甲的理由：经查不实", "乙的理由：重复登记"]
    acts = ["dismiss", "withdraw"]
    forms = [
        fields(one.read(f"/cases/{case}?act={act}"), action, act=act) for one, act in zip(people_, acts, strict=True)
    ]
    assert [form["seen"] for form in forms] == ["1", "1"]
    start, answers = Barrier(2), {}

    def press(place: int) -> None:
        data = forms[place] | {"on": "2026-02-03", "d.reason": reasons[place], "d.note": f"备注{place}", "sure": "1"}
        start.wait(timeout=30)
        answers[place] = people_[place].client.post(action, data=data)

    threads = [Thread(target=press, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    won = next(place for place in (0, 1) if answers[place].status_code == 200)
    lost = 1 - won
    assert answers[lost].status_code == 409
    assert len(bench.history(case)) == 2
    assert bench.history(case)[-1].event.actor.user == ("first", "second")[won]
    page = answers[lost]
    assert alert(page)
    news = page.text.partition('id="news"')[2].partition("</section>")[0]
    assert reasons[won] in news
    assert ("first", "second")[won] in news
    assert "2月3日" in news
    assert news.count("<time") == 1
    kept = fields(page, action, act=acts[lost])
    assert kept["d.reason"] == reasons[lost]
    assert kept["d.note"] == f"备注{lost}"
    assert kept["on"] == "2026-02-03"
    assert kept["seen"] == "2"


def test_a_ledger_is_looked_at_row_by_row_and_then_imported_as_the_same_bytes(
    bench: Bench, visitor: Callable[..., Visitor]
) -> None:
    handler = visitor("handler", Role.HANDLER)
    csrf = fields(handler.read("/ledger"), "/ledger")["csrf"]
    content = LEDGER.read_bytes()
    preview = handler.client.post(
        "/ledger", data={"csrf": csrf, "served": "1"}, files={"file": ("台账.xlsx", content, "application/zip")}
    )
    looked = re.search(r"可导入(\d+)行，跳过0行，有误(\d+)行", said(preview))
    assert looked is not None
    assert "共0件" in handler.read("/cases").text
    confirm = fields(preview, "/ledger", hash=sha256(content).hexdigest())
    done = handler.client.post("/ledger", data=confirm)
    assert f"已立案{looked[1]}件" in said(done)
    assert f"共{looked[1]}件" in handler.read("/cases").text
    again = handler.client.post("/ledger", data=confirm)
    assert f"已立案0件，跳过{looked[1]}行" in said(again)
    assert {recorded.event.actor.user for recorded in bench.history(1)} == {"handler"}
    junk = handler.client.post("/ledger", data={"csrf": csrf}, files={"file": ("x.xlsx", b"junk")})
    assert junk.status_code < 500
    assert alert(junk)
    assert handler.client.post("/ledger", data={"csrf": csrf}).status_code == 422
    assert handler.client.post("/ledger", data={"csrf": csrf, "hash": "../../etc/passwd"}).status_code == 422
    auditor = visitor("auditor", Role.AUDITOR)
    assert auditor.read("/ledger").status_code == 403
    assert "/ledger" not in auditor.read("/").text
    mine = fields(auditor.read("/"), "/logout")["csrf"]
    assert auditor.client.post("/ledger", data={"csrf": mine, "hash": "0" * 64}).status_code == 403


def test_the_form_of_a_finding_names_duties_and_takes_files(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    inspector = visitor("inspector", Role.INSPECTOR)
    page = inspector.read("/new")
    assert '<option value="第七条第一项：列入规划和年度计划"></option>' in page.text
    form = fields(page, "/new") | {"on": "2026-01-28", "d.unit": UNIT, "d.post": "局长", "d.duty": "art7-1a"}
    form |= {"d.inspection": "unannounced", "d.criteria": "列入计划"}
    files = [("f.evidence", ("现场.jpg", b"jpg", "image/jpeg"))]
    refused = inspector.client.post("/new", data=form, files=files)
    assert refused.status_code == 422
    kept = fields(refused, "/new")
    assert kept["d.criteria"] == "列入计划"
    assert kept["d.evidence"] == sha256(b"jpg").hexdigest()
    assert '<option value="unannounced" selected>' in refused.text
    asked = inspector.client.post("/new", data=form | kept | {"d.finding": "未列入计划"})
    assert "确认为新单位" in asked.text
    opened = inspector.client.post("/new", data=form | fields(asked, "/new") | {"meant": "new", "meant_of": UNIT})
    assert "已办理：登记问题" in opened.text
    assert "现场.jpg" in opened.text
    assert bench.case(1).criteria == "列入计划"


def test_the_officers_pages_are_plain_labelled_and_in_two_languages(
    bench: Bench, visitor: Callable[..., Visitor]
) -> None:
    case = bench.ordered()
    director = visitor("director", Role.DIRECTOR)
    csrf = fields(director.read("/cases"), "/cases/bulk")["csrf"]
    bulk = director.client.post("/cases/bulk", data={"csrf": csrf, "act": "suspend", "case": f"{case}:2"})
    asked = fields(bulk, "/cases/bulk", step="preview")
    preview = director.client.post("/cases/bulk", data=asked | {"on": "2026-02-10", "d.reason": "汛情"})
    answers = [bulk, preview]
    for path in ("/board", "/ledger", f"/cases/{case}?act=suspend", "/new", "/cases", "/"):
        answers += [director.read(path), director.read(f"{path}{'&' if '?' in path else '?'}lang=en")]
    for answer in answers:
        assert answer.status_code == 200, answer.url
        assert not re.search(r"<script|https?://|style=", answer.text), answer.url
        ids = re.findall(r' id="([^"]+)"', answer.text)
        assert len(ids) == len(set(ids)), answer.url
        labelled = re.findall(r'<label for="([^"]+)"', answer.text)
        assert set(labelled) <= set(ids), answer.url
        needed = set(re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', answer.text))
        assert needed <= set(labelled), answer.url
        assert answer.text.count("<h1>") == 1, answer.url
        assert answer.text.count("<table ") == answer.text.count("<caption"), answer.url
