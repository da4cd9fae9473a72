"""The command that sets a period beside what another policy would have made of it; it writes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.console import Json, now, office
from cli.recounting import on_progress
from config.policy import find_policy
from programme.comparing import FIGURES, WhatIfPeriod
from programme.whatif import BATCH, WhatIfTotals, draft_of
from states.errors import Sentence
from states.terms import parse_date
from wiring.whatif_schemas import compared_json, totals_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from programme.whatif import ComparedCase

_CASE: Final = Sentence("{number} {unit}（{n}处）", "{number} {unit} ({n})")
_OTHERWISE: Final = Sentence(
    "  按本案原来的政策重算与记录不同（例如旧版本的记录），左边是重算的结果。",
    "  By its own policies the case is not what was recorded (as in an old release); left is what they make now.",
)
_TOTAL: Final = Sentence(
    "共{cases}案，有差别的{changed}案、{differences}处；期限推后{later}个、提前{earlier}个；不能办理的事项{refused}项。",
    "{cases} case(s), {changed} with {differences} difference(s); {later} due day(s) later, {earlier} earlier; "
    "{refused} act(s) that would be refused.",
)
_TRUSTED: Final = Sentence(
    "按原来的政策重算，{same}案与记录逐项相同，{other}案不同。只看不写，任何案件都没有改动。",
    "By their own policies {same} case(s) come out exactly as recorded, {other} do not. Nothing was written.",
)


def policy_whatif(
    draft: Annotated[
        str, typer.Argument(metavar="DRAFT", help="The other policy, a name or a file. 草案，名称或文件。")
    ],
    first: Annotated[str, typer.Option("--from", help="First day; 1 January if not given. 起始日期。")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day; today if not given. 截止日期。")] = "",
    as_json: Json = False,
) -> None:
    """Say what a period would have been under another policy, case by case. 换一套规则试算，只看不写。"""
    path = find_policy(draft)
    policy = draft_of(path.read_bytes(), path.name)
    with office() as here:
        here.database.require_current()
        at, lang = now(), here.settings.lang
        today = here.today(at)
        period = WhatIfPeriod(
            parse_date(first) if first else today.replace(month=1, day=1), parse_date(last) if last else today
        )
        number = here.whatif.number_of(period, at)
        totals = WhatIfTotals()
        found = _counted(here.whatif.cases(policy, period, at), totals, number)
        if as_json:
            _say_json(found, totals, lang)
            return
        for case in found:
            _say_case(case, lang)
        _say_totals(totals, lang)


def _counted(found: Iterator[ComparedCase], totals: WhatIfTotals, number: int) -> Iterator[ComparedCase]:
    """Yield the cases, count them, and say now and then how far it is."""
    for case in found:
        totals.add(case)
        yield case
        if totals.cases % BATCH == 0:
            on_progress(totals.cases, number)


def _say_json(found: Iterator[ComparedCase], totals: WhatIfTotals, lang: str) -> None:
    """Print one document, case after case as they are found: a whole year need not fit into memory."""
    typer.echo('{"cases": [', nl=False)
    for place, case in enumerate(found):
        typer.echo((",\n" if place else "\n") + json.dumps(compared_json(case, lang), ensure_ascii=False), nl=False)
    typer.echo('],\n"totals": ' + json.dumps(totals_json(totals), ensure_ascii=False) + "}")


def _say_case(case: ComparedCase, lang: str) -> None:
    if not case.differences:
        return
    typer.echo(_CASE.fill(number=case.number, unit=case.unit, n=len(case.differences)).text(lang))
    for difference in case.differences:
        typer.echo(f"  {difference.sentence().text(lang)}")
    if not case.as_recorded:
        typer.echo(_OTHERWISE.text(lang))


def _say_totals(totals: WhatIfTotals, lang: str) -> None:
    said = {"cases": totals.cases, "changed": totals.changed, "differences": totals.differences}
    moved = {"later": totals.later, "earlier": totals.earlier, "refused": totals.refused}
    typer.echo(_TOTAL.fill(**said, **moved).text(lang))
    for word, old, new in totals.figures():
        if old or new:
            typer.echo(f"{Sentence(*FIGURES[word]).text(lang)}\t{old} → {new}")
    other = totals.not_as_recorded
    typer.echo(_TRUSTED.fill(same=totals.cases - other, other=other).text(lang))
