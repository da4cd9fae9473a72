"""A ledger in a layout of its own: its columns are mapped once, and the next file is read without asking."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any, Final

import pytest

from states.vocabulary import Role
from tests.support.forms import alert, filled
from tests.support.ledger_layouts import in_plain_words, in_two_rows, wide, with_heading
from tests.support.ledgers import FILES
from tests.support.visitors import Arrivals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.support.offices import Bench
    from tests.support.visitors import Visitor

PLAIN_WORDS: Final = {
    "field.哪家的事": "unit",
    "field.毛病在哪儿": "finding",
    "field.谁来扛": "post",
    "field.啥时候查的": "found_on",
    "field.几天改好": "term",
    "counts.几天改好": "d",
    "inspection": "special",
    "duty": "art7-4",
}
TWO_ROWS: Final = {
    "field.反馈对象": "unit",
    "field.症结": "finding",
    "field.牵头": "post",
    "field.配角": "other_units",
    "field.交办": "served_on",
    "field.了结": "due_on",
    "inspection": "special",
    "found_on": "served_on",
    "duty": "art7-4",
}
AUDIT: Final = {
    "field.责任人": "post",
    "field.整改责任领导": "leader",
    "inspection": "special",
    "found_on": "day",
    "found_on_day": "2026-01-15",
    "duty": "art6-5",
    "post": "主要负责人",
    "several_units": "first",
}
MONTHLY: Final = {"inspection": "regular", "found_on": "served_on", "duty": "art6-4", "post": "主要负责人"}
HABITS: Final = {"year": "2026", "several_units": "first"}


@pytest.fixture
def officer(sqlite_bench: Bench) -> Iterator[Visitor]:
    with Arrivals(sqlite_bench) as arrivals:
        yield arrivals.come("刘芳", Role.HANDLER)


def upload(officer: Visitor, path: Path, name: str = "") -> Response:
    found = re.search(r'name="csrf" value="([^"]*)"', officer.read("/ledger").text)
    assert found is not None
    files = {"file": (name or path.name, path.read_bytes())}
    return officer.client.post("/ledger", data={"csrf": found[1]}, files=files)


def choose(officer: Visitor, page: Response, do: str = "mapped", /, **chosen: str) -> Response:
    """Send the columns as they stand on the page, with these choices."""
    return officer.client.post("/ledger", data=filled(page, "/ledger", "several_units") | chosen | {"do": do})


def confirm(officer: Visitor, preview: Response, **more: str) -> Response:
    return officer.client.post("/ledger", data=filled(preview, "/ledger", "mapping") | more)


def counted(page: Response) -> tuple[int, int]:
    """Return how many rows there are, and how many could be imported, as the mapping page says."""
    found = re.search(r"(\d+)行中有(\d+)行可以导入", page.text)
    assert found is not None, page.text
    return int(found[1]), int(found[2])


def opened(page: Response) -> int:
    found = re.search(r"(?:可导入|已立案)(\d+)[行件]", page.text)
    assert found is not None
    return int(found[1])


def test_every_column_is_shown_with_its_heading_its_letter_and_what_stands_below(
    officer: Visitor, tmp_path: Path
) -> None:
    page = upload(officer, in_plain_words(tmp_path / "找茬.xlsx"))
    text = unescape(re.sub(r"<[^>]+>", "", page.text))
    assert page.status_code == 200
    assert "导入台账：对应列" in text
    for shown in ("哪家的事", "某某县第1局；某某县第2局", "（没有表头）", "√", "“Sheet”的表头在第2行"):
        assert shown in text
    assert "没有“检查方式”一列" in text
    assert text.count("没有看懂") == 7 + 1


@pytest.mark.parametrize(
    ("name", "chosen", "rows"),
    [
        ("r1-audit-ledger.xlsx", AUDIT, 3),
        ("r3-supervision-monthly-sheets.xlsx", MONTHLY, 3),
        ("r5-own-header-officer-habits.xlsx", HABITS, 5),
        ("plain", PLAIN_WORDS, 10),
        ("two", TWO_ROWS, 10),
    ],
)
def test_nine_rows_in_ten_of_a_layout_go_in_after_one_mapping_step_on_the_page(
    officer: Visitor, tmp_path: Path, name: str, chosen: dict[str, str], rows: int
) -> None:
    made = {"plain": in_plain_words, "two": in_two_rows}
    path = made[name](tmp_path / f"{name}.xlsx") if name in made else FILES / name
    page = upload(officer, path)
    if "对应列</h1>" not in page.text:  # every column is known; the rows still ask what only a person can say
        page = confirm(officer, page, do="map")
    preview = choose(officer, page, **chosen)
    # That two rows of a file resemble each other is no question of columns: a person says of each what it is.
    alike = {key: "other:fact" for key in filled(preview, "/ledger", "mapping") if key.startswith("alike.")}
    preview = confirm(officer, preview, do="look", **alike)
    assert opened(preview) >= 0.9 * rows, alert(preview)
    done = confirm(officer, preview, new_units="1")
    assert opened(done) >= 0.9 * rows, unescape(done.text)


def test_how_many_rows_would_go_in_is_counted_again_at_once(officer: Visitor, tmp_path: Path) -> None:
    page = upload(officer, in_plain_words(tmp_path / "1.xlsx"))
    assert "才能数出" in page.text
    some = {key: value for key, value in PLAIN_WORDS.items() if key not in ("inspection", "counts.几天改好")}
    page = choose(officer, page, "try", **some)
    assert counted(page) == (10, 0)
    assert "“几天改好（天）”里的数字是工作日还是自然日？" in page.text
    page = choose(officer, page, "try", inspection="special")
    assert counted(page) == (10, 0)
    page = choose(officer, page, "try", **{"counts.几天改好": "wd"})
    assert counted(page) == (10, 10)
    assert filled(page, "/ledger", "several_units")["field.谁来扛"] == "post"


def test_the_next_file_of_the_layout_is_read_without_asking_and_says_so(officer: Visitor, tmp_path: Path) -> None:
    page = upload(officer, in_plain_words(tmp_path / "3月.xlsx"))
    done = confirm(officer, choose(officer, page, **PLAIN_WORDS, layout_name="找茬表"), new_units="1")
    assert opened(done) == 10
    preview = upload(officer, in_plain_words(tmp_path / "4月.xlsx", month=4))
    assert "按记住的表样“找茬表”读取（刘芳于" in preview.text
    assert "更改列的对应" in preview.text
    assert opened(preview) == 10
    again = confirm(officer, preview, do="map")
    assert filled(again, "/ledger", "several_units")["field.哪家的事"] == "unit"
    assert counted(again) == (10, 10)
    assert opened(confirm(officer, preview)) == 10


def test_what_belongs_to_one_file_is_asked_of_the_next_and_nothing_else(officer: Visitor) -> None:
    page = upload(officer, FILES / "r1-audit-ledger.xlsx")
    assert opened(choose(officer, page, **AUDIT)) == 3
    page = upload(officer, FILES / "r1-audit-ledger.xlsx", "四月.xlsx")
    assert "按记住的表样“r1-audit-ledger”读取" in page.text
    assert re.findall(r'<a href="#(\w+)">', page.text.partition("errsum")[2].partition("</ul>")[0]) == ["found_on"]
    assert opened(choose(officer, page, found_on="day", found_on_day="2026-02-01")) == 3


def test_a_layout_is_forgotten_with_one_button(officer: Visitor, tmp_path: Path) -> None:
    choose(officer, upload(officer, in_plain_words(tmp_path / "1.xlsx")), **PLAIN_WORDS, layout_name="找茬表")
    page = officer.read("/ledger")
    assert "找茬表" in page.text
    gone = officer.client.post("/ledger", data=filled(page, "/ledger", "layout") | {"do": "forget"})
    assert "已不再记住“找茬表”" in gone.text
    assert "对应列</h1>" in upload(officer, in_plain_words(tmp_path / "2.xlsx", month=4)).text
    assert (
        "没有记住这个表样"
        in officer.client.post("/ledger", data=filled(page, "/ledger", "layout") | {"do": "forget"}).text
    )


REFUSED: Final[tuple[tuple[dict[str, str], str], ...]] = (
    ({"field.谁来扛": "unit"}, "每行只能有一个值"),
    ({"year": "26"}, "四位数字"),
    ({"found_on": "day", "found_on_day": "今天", "field.啥时候查的": "ignore"}, "请选择日期"),
    ({"field.毛病在哪儿": "ignore"}, "请先指定哪一列"),
    ({"field.哪家的事": "boss"}, "重新选择各列"),
    ({"field.哪里的事": "note"}, "里没有对应关系所说的列"),
    ({"layout_name": " "}, "起一个名称"),
    ({"duty": "art99"}, "没有找到写着“art99”的条款"),
    ({"inspection": ""}, "没有一行可以导入"),
)


def test_a_refused_mapping_is_one_sentence_and_keeps_what_was_chosen(officer: Visitor, tmp_path: Path) -> None:
    page = upload(officer, in_plain_words(tmp_path / "1.xlsx"))
    for wrong, words in REFUSED:
        refused = choose(officer, page, **(PLAIN_WORDS | wrong))
        assert 400 <= refused.status_code < 500, words
        assert words in alert(refused)
        kept = filled(refused, "/ledger", "several_units")
        assert kept["field.几天改好"] == "term", words
        if words not in {"重新选择各列", "里没有对应关系所说的列"}:
            assert kept["counts.几天改好"] == "d", words
    assert "记住的表样" not in officer.read("/ledger").text


def test_the_duty_for_all_rows_is_found_by_its_citation_or_asked_about(officer: Visitor, tmp_path: Path) -> None:
    page = upload(officer, in_plain_words(tmp_path / "1.xlsx"))
    asked = choose(officer, page, **(PLAIN_WORDS | {"duty": "公开"}))
    assert asked.status_code == 422
    assert "写着“公开”的条款有2条，请选定一条" in alert(asked)
    assert asked.text.count('type="radio" name="duty"') == 2 + 1
    chosen = choose(officer, asked, duty="", **{"duty.words": "7-4"})
    assert "写着“7-4”的条款有" in alert(chosen)
    assert opened(choose(officer, asked, duty="art7-4b")) == 10
    assert opened(choose(officer, page, **(PLAIN_WORDS | {"duty": "第七条第四项：五公开"}))) == 10


def test_two_imports_at_once_by_one_layout_open_each_row_once(officer: Visitor, tmp_path: Path) -> None:
    preview = choose(officer, upload(officer, in_plain_words(tmp_path / "1.xlsx")), **PLAIN_WORDS)
    first, second = (confirm(officer, preview, new_units="1") for _ in range(2))
    assert (opened(first), opened(second)) == (10, 0)
    assert "跳过10行" in second.text


def test_more_columns_than_a_person_can_map_are_refused_in_one_sentence(officer: Visitor, tmp_path: Path) -> None:
    for columns in (400, 201):
        refused = upload(officer, wide(tmp_path / "1.xlsx", columns))
        assert f"表头有{columns}列，最多对应200列" in alert(refused)


def test_as_many_columns_as_can_be_mapped_are(officer: Visitor, tmp_path: Path) -> None:
    page = upload(officer, wide(tmp_path / "1.xlsx", 200))
    chosen = {
        "inspection": "special",
        "found_on": "day",
        "found_on_day": "2026-01-15",
        "duty": "art7-4",
        "post": "局长",
    }
    assert opened(choose(officer, page, **chosen)) == 1


def test_a_heading_as_long_as_a_book_is_a_column_without_a_name(officer: Visitor, tmp_path: Path) -> None:
    page = upload(officer, with_heading(tmp_path / "1.xlsx", "长" * 30_000))
    assert len(page.text) < 150_000
    assert opened(choose(officer, page, **{"field.@J": "note"})) == 1


def test_a_mapping_that_was_altered_on_the_way_is_refused(officer: Visitor, tmp_path: Path) -> None:
    preview = choose(officer, upload(officer, in_plain_words(tmp_path / "1.xlsx")), **PLAIN_WORDS)
    for altered in ("{", "[]", '{"columns": {"哪家的事": "x"}}', "[" * 100_000):
        assert "重新选择各列" in alert(confirm(officer, preview, mapping=altered))
    gone: dict[str, Any] = {"mapping": '{"columns": {"别处的列": "unit"}}'}
    assert "别处的列" in alert(confirm(officer, preview, **gone))
