"""`[safety]` of a policy: after how long a silence of the clock a person is asked before anybody is escalated."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.policy import FOLDER, parse_policy
from states.errors import BadPolicy

SHIPPED = (FOLDER / "sichuan-2017.toml").read_text("utf-8")
LINE = 'confirm_after_gap = "3wd"'


def of(text: str) -> str:
    return SHIPPED.replace(LINE, text)


def test_a_gap_is_three_working_days_unless_a_policy_says_otherwise() -> None:
    assert LINE in SHIPPED
    said = parse_policy(SHIPPED, Path("p.toml"))
    silent = parse_policy(of("").replace("[safety]", "#"), Path("p.toml"))
    other = parse_policy(of('confirm_after_gap = "5wd"'), Path("p.toml"))
    assert (said.confirm_after_gap, silent.confirm_after_gap, other.confirm_after_gap) == (3, 3, 5)
    assert said.hash == silent.hash != other.hash  # a policy of before keeps the hash that it always had


@pytest.mark.parametrize("text", ['confirm_after_gap = "3d"', "confirm_after_gap = 3", 'after_gap = "3wd"', ""])
def test_a_gap_is_said_in_working_days_and_by_its_name(text: str) -> None:
    with pytest.raises(BadPolicy, match="safety"):
        parse_policy(of(text), Path("p.toml"))
