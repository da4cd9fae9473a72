"""Which names are two writings of one unit, and which are two units."""

from __future__ import annotations

import pytest

from states.names import is_another_writing, name_key, nearest_names, tidy_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("临溪市文旅局", "临溪市文化和旅游局"),
        ("临溪县政府", "临溪县人民政府"),
        ("教育局", "临溪市教育局"),
        ("临溪市 水务局", "临溪市水务局"),
    ],
)
def test_a_shorter_writing_of_a_name_is_seen(one: str, other: str) -> None:
    assert is_another_writing(one, other)
    assert is_another_writing(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("第1局", "第11局"),
        ("临溪县委", "临溪县纪委"),
        ("临溪市公安局", "临溪市公安分局"),
        ("城街道办事处", "城东街道办事处"),
        ("临溪市水务局", "临溪市财政局"),
        ("某局", "某某局"),
    ],
)
def test_a_number_a_quarter_a_branch_or_a_committee_makes_another_unit(one: str, other: str) -> None:
    assert not is_another_writing(one, other)


def test_a_name_is_kept_in_one_line_without_inner_blanks_and_what_nobody_sees() -> None:
    assert tidy_name("临溪市 文化和\n旅游局\u200b") == "临溪市文化和旅游局"
    assert tidy_name("第一中学（东校区）") == "第一中学（东校区）"
    assert tidy_name("Ａ１ Office") == "A1 Office"
    assert name_key("第一中学（东校区）") == name_key("第一中学 (东校区)")


def test_the_nearest_names_come_first() -> None:
    known = ["临溪市财政局", "临溪市文化和旅游局", "云台县文化馆"]
    assert nearest_names("临溪市文旅局", known)[0] == "临溪市文化和旅游局"
    assert nearest_names("北山镇", known) == []
