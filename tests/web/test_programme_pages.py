"""The pages of early warning and of a policy on trial, and their twins for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from typer.testing import CliRunner

from cli.main import app
from states.terms import date_text
from states.vocabulary import Act, Role
from tests.support.callers import Door
from tests.support.drafts import longer_text
from tests.support.offices import UNIT, Bench
from tests.support.visitors import Arrivals, Visitor
from web import forecast, whatif
from web.page import ADMINISTRATORS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from httpx2 import Response

    from tests.support.databases import Databases

TRIAL: Final = "/forecast/whatif"


@dataclass(frozen=True, slots=True)
class TrialPlace:
    """An office with one case whose plan is due on the next working day, and who comes there."""

    bench: Bench
    served: date
    head: Visitor
    director: Visitor

    def tried(self, **fields: str) -> Response:
        """Send the form of the trial as the director, from the day of the order on."""
        return self.director.send(TRIAL, TRIAL, **{"from": self.served.isoformat(), **fields})


def ordered(bench: Bench) -> date:
    """Serve an order, ten working days of whose plan end on the next working day; return when it was served."""
    calendar = bench.office.rulebook.calendar
    served = calendar.back(calendar.forward(bench.office.today(), 1), 10)
    bench.act(bench.open(served.isoformat()), Act.SERVE_ORDER, served.isoformat())
    return served


@pytest.fixture(scope="module")
def place(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrialPlace]:
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path_factory.mktemp("place")) as bench, Arrivals(bench) as arrivals:
        served = ordered(bench)
        yield TrialPlace(
            bench,
            served,
            arrivals.come("head", Role.HEAD, UNIT),
            arrivals.come("director", Role.DIRECTOR),
        )
    databases.drop(url)


def test_the_page_and_the_desk_name_what_will_probably_be_late(place: TrialPlace) -> None:
    page = place.director.read("/forecast").text
    assert "可能逾期：1项" in page
    assert "报送整改方案：还需要2个工作日，只剩1个" in page
    assert "整改方案还没有报。" in page
    assert "督查机构自己的期限" in page
    assert "试算另一套规则" in page
    desk = place.director.read("/").text
    assert "打开全部1项" in desk
    assert "算出来的，只供提前帮助" in desk


def test_the_head_reads_its_own_without_the_offices_weights_and_administrators_read_nothing(place: TrialPlace) -> None:
    page = place.head.read("/forecast").text
    assert "可能逾期：1项" in page
    assert "督查机构自己的期限" not in page
    assert place.head.read(TRIAL).status_code == 403
    assert "试算另一套规则" not in page
    assert not {*ADMINISTRATORS} & {*forecast.READERS}


def test_a_pasted_draft_is_tried_out_and_nothing_of_it_is_kept(place: TrialPlace) -> None:
    calendar = place.bench.office.rulebook.calendar
    before = len(place.bench.history(1))
    assert "用哪份草案，算哪一段" in place.director.read(TRIAL).text
    page = place.tried(text=longer_text(5)).text
    days = [date_text(calendar.forward(place.served, n)) for n in (15, 20)]
    assert "1件有差别" in page
    assert f"整改期限：{days[0]} → {days[1]}" in page
    assert "（1件，相差0处），说明试算可信" in page
    assert "20wd" not in page.partition("<textarea")[0]
    assert "结论：没有差别" in place.tried(draft="sichuan-2017").text
    assert len(place.bench.history(1)) == before


def test_a_draft_that_makes_no_sense_is_refused_and_what_was_typed_stays(place: TrialPlace) -> None:
    wrong = place.tried(text="name = 1")
    assert wrong.status_code == 400
    assert "name = 1" in wrong.text
    assert place.served.isoformat() in wrong.text
    assert "请选择、上传或粘贴一份草案" in place.tried(draft="").text
    assert "请对调" in place.tried(draft="sichuan-2017", to="2020-01-01").text


def test_a_page_tries_so_many_cases_and_says_so(place: TrialPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatif, "MOST_CASES", 1)
    assert "页面只试算了前" not in place.tried(draft="sichuan-2017").text
    place.bench.act(place.bench.open(place.served.isoformat()), Act.WITHDRAW, place.served.isoformat(), reason="重复")
    assert "这段时间有2件案件，页面只试算了前1件" in place.tried(draft="sichuan-2017").text


def test_programs_read_the_forecast_of_what_they_may_see(sqlite_bench: Bench) -> None:
    ordered(sqlite_bench)
    door = Door(sqlite_bench)
    answer = door.ask(door.person("handler", Role.HANDLER), "GET", "/forecast").json()
    assert [(one["deadline"], one["left"], one["needed"]) for one in answer["forecast"]] == [("plan", 1, 2)]
    assert (answer["looked_at"], answer["bounded"]) == (1, False)
    other = door.ask(door.person("liaison", Role.LIAISON, "别的单位"), "GET", "/forecast").json()
    assert other["forecast"] == []


def test_programs_try_a_draft_out_if_they_are_the_directors(sqlite_bench: Bench) -> None:
    served = ordered(sqlite_bench)
    door = Door(sqlite_bench)
    director, handler = door.person("director", Role.DIRECTOR), door.person("handler", Role.HANDLER)
    asked = {"draft": longer_text(5), "from": served.isoformat()}
    answer = door.ask(director, "POST", "/policies/whatif", json=asked).json()
    assert [case["as_recorded"] for case in answer["cases"]] == [True]
    assert "rectification" in {one["of"] for one in answer["cases"][0]["differences"]}
    assert answer["totals"]["figures"]["ordered_to_rectify"] == {"old": 1, "new": 1}
    assert not answer["bounded"]
    assert door.ask(handler, "POST", "/policies/whatif", json=asked).status_code == 409
    assert door.ask(director, "POST", "/policies/whatif", json={"draft": "name = 1"}).status_code == 422
    assert door.ask(director, "POST", "/policies/whatif", json={**asked, "from": "2026-13-01"}).status_code == 422


def test_the_commands_say_it_as_json_and_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path))
    run = CliRunner()

    def asked(*words: str) -> Any:
        result = run.invoke(app, [*words, "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    assert run.invoke(app, ["migrate"]).exit_code == 0
    finding = ["--unit", "临溪市教育局", "--post", "局长", "--duty", "art7-1a", "--inspection", "regular"]
    opened = asked("open", *finding, "--finding", "未列入计划")
    draft = tmp_path / "draft.toml"
    draft.write_text(longer_text(5), "utf-8")
    answer = asked("policy", "whatif", str(draft))
    (case,) = answer["cases"]
    assert case["number"] == opened["case"]["number"]
    assert [(one["what"], one["of"], one["term"]) for one in case["differences"]] == [("due_day", "decision", "15wd")]
    assert answer["totals"]["due_days"] == {"later": 1, "earlier": 0}
    assert [one["differences"] for one in asked("policy", "whatif", "sichuan-2017")["cases"]] == [[]]
    assert "有差别的1案" in run.invoke(app, ["policy", "whatif", str(draft)]).stdout
    assert asked("forecast")["forecast"] == []
    assert "可能逾期0项" in run.invoke(app, ["forecast"]).stdout
