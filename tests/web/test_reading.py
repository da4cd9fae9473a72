"""The pages on which people read: the head's page, replay, calendar, units, audit, pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from states.vocabulary import Act, Role
from tests.support.offices import UNIT, Bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.visitors import Visitor

OTHER = "临溪市教育局"


def test_the_head_signs_with_one_tap_and_reports_with_files(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    foreign = bench.ordered(unit=OTHER)
    head = visitor("head", Role.HEAD, UNIT)
    page = head.read("/mine")
    assert bench.case(case).number in page.text
    assert bench.case(foreign).number not in page.text
    assert "待签收1件" in page.text
    assert re.search(r"整改 3月5日（周四），已过\d+个工作日", page.text)
    of = re.search(r'name="d\.of" value="(\d+)"', page.text)
    assert of is not None
    signed = page
    for _ in range(2):
        signed = head.send(f"/mine/{case}", "/mine", **{"act": "acknowledge", "d.of": of[1], "key": "k1", "seen": "2"})
        assert "已办理：签收" in signed.text
    assert "待签收0件" in signed.text
    assert [recorded.event.act for recorded in bench.history(case)][2:] == [Act.ACKNOWLEDGE]
    late = head.send(
        f"/mine/{case}",
        "/mine",
        **{"act": "request_extension", "on": "2026-03-20", "d.reason": "汛期抢险", "key": "k2"},
    )
    assert late.status_code == 409
    assert "汛期抢险" in late.text
    found = re.search(r'name="csrf" value="([^"]*)"', head.read("/mine").text)
    assert found is not None
    fields = {"csrf": found[1], "act": "submit_report", "on": "2026-03-04", "seen": "3", "key": "k3"}
    files = [("evidence", ("整改报告.pdf", b"one")), ("evidence", ("../../x.jpg", b"two"))]
    assert "已办理：报送整改报告" in head.client.post(f"/mine/{case}", data=fields, files=files).text
    hashes = bench.history(case)[-1].event.data["evidence"]
    assert [len(word) for word in hashes] == [64, 64]
    assert head.send(f"/mine/{foreign}", "/mine", act="acknowledge").status_code == 404
    assert head.send(f"/mine/{case}", "/mine", act="approve_closure").status_code == 409
    assert visitor("officer", Role.HANDLER).read("/mine").status_code == 403


def test_the_calendar_paints_holidays_and_make_up_days(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    foreign = bench.ordered(unit=OTHER)
    head, officer = visitor("head", Role.HEAD, UNIT), visitor("officer", Role.HANDLER)
    page = head.read("/deadlines?month=2026-02")
    assert "春节放假" in page.text
    assert re.search(r'<span class="d">14<span class="tag info">班</span>', page.text)
    assert re.search(r'<td class="rest[^"]*"><span class="d">17<span class="tag bad">休</span>', page.text)
    due = bench.case(case).next_due_on
    assert due is not None
    month = head.read(f"/deadlines?month={due:%Y-%m}&day={due.day}")
    assert f'href="/cases/{case}"' in month.text
    assert bench.case(foreign).number not in month.text
    assert "1个期限在本月届满" in month.text
    assert "2个期限在本月届满" in officer.read(f"/deadlines?month={due:%Y-%m}").text
    for rough in ("month=x", "month=9999-12", "month=0001-01", "month=2026-02&day=31", "month=2026-13"):
        assert head.read(f"/deadlines?{rough}").status_code == 422, rough
    assert head.read("/deadlines").status_code == 200


def test_the_pictures_have_their_numbers_beside_them(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    bench.ordered()
    bench.pass_days("03-01", "03-20")
    bench.open(unit=OTHER)
    head, officer = visitor("head", Role.HEAD, UNIT), visitor("officer", Role.HANDLER)
    page = ""
    for path in ("/statistics", "/statistics?lang=en"):
        page = officer.read(path).text
        assert page.count('<svg class="pic" role="img"') == 2
        assert page.count('<ul class="hbars') == 2
        assert not re.search(r"<script|style=", page)
        assert all(
            f'id="{word}"' in page
            for pair in re.findall(r'aria-labelledby="([^\s"]+) ([^\s"]+)"', page)
            for word in pair
        )
    assert UNIT in page
    assert OTHER not in head.read("/statistics").text
    line = re.search(rf">{UNIT}</a>.*?<small>\D*(\d+)\D+(\d+)\D*</small>", page)
    assert line is not None
    yellow = [recorded.event for recorded in bench.history(1) if recorded.event.act is Act.MARKED_YELLOW]
    missed = sum(event.data.get("party") != "office" for event in yellow)
    assert missed < len(yellow)  # the office's own delay is none of the unit's
    assert int(line[2]) == missed
    rows = re.findall(r'<tr><th scope="row">[^<]*</th>((?:<td class="n">\d+</td>){6})', page)
    assert [sum(map(int, re.findall(r"\d+", row)[:5])) for row in rows][-1] == 2
    assert next(int(re.findall(r"\d+", row)[5]) for row in rows) == 0


def test_units_show_only_what_is_in_sight(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    bench.ordered(unit=OTHER)
    bench.act(case, Act.ACKNOWLEDGE, "02-07", of=2)
    head, officer = visitor("head", Role.HEAD, UNIT), visitor("officer", Role.HANDLER)
    ids = dict(re.findall(r'href="/units/(\d+)">([^<]+)</a>', officer.read("/units").text))
    assert set(ids.values()) == {UNIT, OTHER}
    mine = next(key for key, unit in ids.items() if unit == UNIT)
    other = next(key for key, unit in ids.items() if unit == OTHER)
    page = officer.read(f"/units/{mine}").text
    assert bench.case(case).number in page
    assert "已签收" in page
    assert '100<small>%</small></span><span class="d">进入环节1个，逾期0个' in page
    assert OTHER not in officer.read("/units?q=文化").text
    assert head.read(f"/units/{other}").status_code == 404
    assert OTHER not in head.read("/units").text
    assert head.read(f"/units/{mine}").status_code == 200
    for rough in ("/units/0", "/units/99999", "/units?after=%27"):
        assert officer.read(rough).status_code < 500


def test_the_log_is_filtered_and_shows_what_each_event_changed(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    other = bench.ordered(unit=OTHER)
    for on in range(7, 28):
        bench.act(other, Act.ACKNOWLEDGE, f"02-{on:02}")
    auditor = visitor("auditor", Role.AUDITOR)
    page = auditor.read("/audit")
    assert page.text.count("/replay?step=") == 25
    assert "更早" not in page.text
    bench.act(case, Act.SUBMIT_PLAN, "02-13", user="局长甲")
    assert "更早" in auditor.read("/audit").text
    older = re.search(r'href="(/audit\?before=\d+)"', auditor.read("/audit").text)
    assert older is not None
    assert auditor.read(older[1]).text.count("/replay?step=") == 1
    page = auditor.read("/audit?act=serve_order")
    assert page.text.count("/replay?step=") == 2
    assert re.search(
        r"状态：<del><span class=\"vh\">原 </span>发现问题</del> → <ins><span[^>]*>现 </span>责令整改</ins>", page.text
    )
    assert auditor.read(f"/audit?unit={UNIT}").text.count("/replay?step=") == 3
    assert auditor.read(f"/audit?case={bench.case(case).number}&first=2026-02-01").text.count("/replay?step=") == 2
    decided = auditor.read("/audit?person=局长甲")
    assert "局长甲办理的全部事项" in decided.text
    assert decided.text.count("/replay?step=") == 1
    assert auditor.read("/audit?first=2026-03-01&last=2026-02-01").status_code == 422
    assert auditor.read("/audit?first=x").status_code == 422
    assert auditor.read("/audit?before=99999999999999999999&act=x").status_code == 200


def test_the_log_shows_nothing_of_what_is_sealed(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.open(finding="涉嫌违纪的线索")
    bench.act(case, Act.TRANSFER, "02-03", receiver="市纪委监委")
    leader = visitor("leader", Role.LEADER)
    page = leader.read("/audit").text
    assert "涉嫌违纪的线索" not in page
    assert "市纪委监委" not in page
    assert "已移送，内容封存" in page


def test_the_replay_lights_the_lifecycle_up_and_stripes_the_days(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    bench.act(case, Act.ACKNOWLEDGE, "02-09", of=2)
    auditor = visitor("auditor", Role.AUDITOR)
    page = auditor.read(f"/cases/{case}/replay?step=2").text
    assert '<input type="range" id="step" name="step" min="1" max="3" value="2">' in page
    assert "“送达责令整改通知”：由发现问题到责令整改。" in page
    assert len(re.findall(r'class="way taken"', page)) == 1
    assert len(re.findall(r'class="node now"', page)) == 1
    assert "▶ 责令整改</text>" in page
    assert ">班</text>" in page
    assert ">假</text>" in page
    assert "2 / 3" in page
    assert 'rel="next" accesskey="n"' in page
    first, last = (auditor.read(f"/cases/{case}/replay?step={step}").text for step in (1, 3))
    assert 'rel="prev"' not in first
    assert 'class="way taken"' in first
    assert 'rel="next"' not in last
    assert 'class="way taken"' not in last
    assert "“签收”没有改变状态：责令整改。" in last
    both = auditor.read(f"/cases/{case}/replay?step=3&since=1&lang=en").text
    assert "<del>found</del>" in both
    assert "&amp;since=1" in both
    assert not re.search(r"<script|style=", both)


def test_the_calculator_explains_itself_on_paper(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    officer = visitor("officer", Role.HANDLER)
    for term, rule in (("15wd", "按工作日计"), ("30d", "按日计"), ("1m", "按月计"), ("2026-03-31", "固定日期")):
        page = officer.read(f"/calculator?start=2026-02-06&term={term}").text
        assert rule in page, term
        assert "国务院办公厅放假安排" in page
        assert bench.office.rulebook.calendar.hash[:16] not in page
    assert "Counted in months" in officer.read("/calculator?start=2026-02-06&term=1m&lang=en").text
