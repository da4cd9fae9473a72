"""What the commands share: what is printed how, and how days, moments and data are given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from states.errors import BadData, Sentence
from states.terms import parse_date
from wiring import now, office

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from wiring import Office

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else. 只输出 JSON。")]
CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="Case number or id. 案件编号或 id。")]
On = Annotated[str, typer.Option("--on", help="The day on which it took effect; today if not given. 发生日期。")]

_BAD_JSON: Final = Sentence("--data 不是 JSON 对象：{why}。", "--data is not a JSON object: {why}.")


def say(document: Mapping[str, Any] | Callable[[], Mapping[str, Any]], text: str, *, as_json: bool) -> None:
    """Print the document for programs, or the text for people; a document that takes long is given as what makes it."""
    if as_json:
        made = document() if callable(document) else document
        text = json.dumps(made, ensure_ascii=False, indent=2)
    typer.echo(text)


def day_of(text: str, here: Office) -> date:
    """Return the day that was given, or today in the office's zone."""
    return parse_date(text) if text else here.today(now())


def data_of(text: str) -> dict[str, Any]:
    """Return the data that was given as JSON.

    Raises:
        BadData: it is not a JSON object.
    """
    try:
        data = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise BadData(_BAD_JSON.fill(why=error.msg)) from error
    if not isinstance(data, dict):
        raise BadData(_BAD_JSON.fill(why=type(data).__name__))
    return data


__all__ = ["CaseArgument", "Json", "On", "data_of", "day_of", "now", "office", "say"]
