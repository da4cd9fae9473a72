"""Cases as lists show them: the problem in one line, the named deadline, what is left of it, and what happened last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from config.citations import duty_words
from config.duties import duty_titles
from states.case import sealed_for
from states.vocabulary import OVERLAYS, SPINE, Act, name
from web.day_grid import next_meter
from web.numbers import short_number
from web.words import named
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from states.case import Case
    from store.cases import Stored
    from web.page import Visit

LINE: Final = 40
"""Characters of a finding that fit on one line of a list."""


def rows_shown(
    visit: Visit, found: Iterable[Stored], latest: Mapping[int, Act] | None = None, *, party: str = ""
) -> list[dict[str, Any]]:
    """Return cases as a list shows them; what is sealed is sealed, whoever looks at the list.

    `latest` are the latest acts by case, where the list shows them; with a `party`, only its deadlines are looked at.
    """
    here, lang, today = visit.here, visit.lang, visit.here.today(now())
    rows = []
    for item in found:
        case = sealed_for(item.case, None)
        meter = next_meter(case, today, here.rulebook.calendar, lang, party)
        finding = case.finding.split("\n")[0]
        rows.append(
            {
                "case": case,
                "short": short_number(case.number, lang),
                "problem": finding if len(finding) <= LINE else finding[: LINE - 1] + "…",
                "duty": duty_words(case.duty, duty_titles(), lang),
                "rung": SPINE.index(case.state) + 1 if case.state in SPINE else 0,
                "tags": tags_of(visit, case),
                "latest": name(latest[case.id]).text(lang) if latest and case.id in latest else "",
                "due": meter,
                "left": meter["days"] if meter is not None else None,
            }
        )
    return rows


def tags_of(visit: Visit, case: Case) -> list[str]:
    """Return what stands over the state of a case, and that an escalation is kept back, in a word each."""
    tags = [named(OVERLAYS, word, visit.lang) for word in case.overlays]
    return [*tags, name(Act.ESCALATION_BLOCKED).text(visit.lang)] if case.blocked else tags
