"""A report in words: titles, paragraphs and tables in which every figure is a link to the list behind it.

The page and the paper say the same; the paper is Chinese.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from config.citations import cited
from config.duties import duty_titles
from documents.sheets import Part
from programme import report as of
from programme.dossier_text import day_text
from programme.periods import PeriodKind
from programme.reports import address_of
from states.errors import Sentence
from states.terms import parse_date
from states.vocabulary import DEADLINES, name

if TYPE_CHECKING:
    from documents.sheets import Text
    from programme.report import Report

MOST_RECURRING: Final = 5
MOST_UNITS: Final = 5
PLACEHOLDER: Final = "〖待填：建议〗"
_PLACE: Final = re.compile(r"\{(\w+)\}")

_TITLES: Final = {
    PeriodKind.MONTH: Sentence("关于{period}法治建设督察问题整改情况的通报", "Bulletin on rectification, {period}"),
    PeriodKind.QUARTER: Sentence("关于{period}法治建设督察问题整改情况的报告", "Report on rectification, {period}"),
}
_NUMBER: Final = Sentence("第{n}期", "No. {n}")
_WHOLE: Final = Sentence(
    "截至{until}，本年立案{opened_year}件，本期立案{opened}件；本期销号{closed}件，其他办结{ended}件；在办{open}件。"
    "本期进入整改环节{entered}个，逾期{missed}个。",
    "Until {until}, {opened_year} case(s) were opened in the year and {opened} in the period; {closed} were closed in "
    "the period, {ended} ended otherwise; {open} are open. {entered} rung(s) were entered and {missed} missed.",
)
_LADDER: Final = Sentence(
    "本期印发通报批评{criticized}次，帮助指导{helped}次，约谈{interviewed}次，登记问责决定{held}次，容错认定{tolerated}件"
    "（容错认定的事项不作负面评价）。",
    "In the period {criticized} criticism(s) were published, help was given {helped} time(s), {interviewed} "
    "interview(s) held, {held} accountability decision(s) recorded, {tolerated} case(s) tolerated, without blame.",
)
_LIGHTS: Final = Sentence("现有红灯{red}件，黄灯{yellow}件。", "{red} case(s) are red, {yellow} yellow.")
_PUNCTUAL: Final = Sentence(
    "{unit}：进入环节{entered}个，逾期{missed}个。", "{unit}: {entered} rung(s) entered, {missed} missed."
)
_RED: Final = Sentence("{number}，{unit}，{duty}，{state}{due}。", "{number}, {unit}, {duty}, {state}{due}.")
_DUE: Final = Sentence("，{due}届满", ", due {due}")
_BY_OFFICE: Final = Sentence("，为本办逾期", ", by the office's own delay")
_PROPOSAL: Final = ("批准升级建议", "decision on a proposal")
_RECURRING: Final = Sentence(
    "{item}（{title}）：本年立案{now}件，上年{before}件。",
    "{item} ({title}): {now} opened this year, {before} last year.",
)
_OFFICE: Final = Sentence(
    "本期产生本办期限{terms}个，本期逾期{late}个。",
    "{terms} term(s) of the office began in the period, {late} were missed.",
)
_LATE: Final = Sentence("{number}，{kind}，应于{due}前完成。", "{number}, {kind}, was due {due}.")
_AND_OTHERS: Final = Sentence("以上列出一部分，共{n}件，见清单。", "These are some of {n}; the list has all.")
_NONE_RED: Final = Sentence("没有红灯案件。", "No case is red.")
_NONE_RECURRING: Final = Sentence("没有反复出现的问题。", "No problem recurs.")
_NO_HEAT: Final = Sentence("本年没有立案。", "No case was opened in the year.")
_OTHERS: Final = Sentence("其他单位", "other units")
_TOTAL: Final = Sentence("合计", "total")
_ITEM: Final = Sentence("职责条款", "duty")


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the report: its heading, its paragraphs, and behind them a table, if there is one."""

    heading: str
    paragraphs: tuple[Text, ...]
    table: tuple[tuple[Text, ...], ...] = ()


class Words:
    """Says a report in one language; its links begin with `base`, or are none where `base` is empty."""

    def __init__(self, report: Report, lang: str, base: str | None, *, most: int | None = None) -> None:
        """Say this report; `base` is the address of the installation, an empty text on its own pages, None on none.

        With `most`, no more than so many cases are named in each list.
        """
        self.report, self.lang, self.base, self.most = report, lang, base, most

    def title(self) -> str:
        """Return the title."""
        return _TITLES[self.report.period.kind].fill(period=self.report.period.text(self.lang)).text(self.lang)

    def number(self) -> str:
        """Return which report of the year it is."""
        return _NUMBER.fill(n=self.report.period.place).text(self.lang)

    def figure(self, key: str) -> Part:
        """Return a figure as a link to the cases behind it."""
        address = "" if self.base is None else f"{self.base}/cases?report={quote(address_of(self.report, key))}"
        return Part(str(self.report.count(key)), address)

    def case(self, case_id: int, number: str) -> Part:
        """Return a case's number as a link to the case."""
        return Part(number, "" if self.base is None else f"{self.base}/cases/{case_id}")

    def filled(self, sentence: Sentence, **places: str | Part) -> Text:
        """Return a sentence as pieces: each place is what is given for it, or the figure of its name."""
        template = sentence.en if self.lang.startswith("en") else sentence.zh
        pieces: list[str | Part] = []
        end = 0
        for found in _PLACE.finditer(template):
            pieces.append(template[end : found.start()])
            pieces.append(places[found[1]] if found[1] in places else self.figure(found[1]))
            end = found.end()
        return tuple(piece for piece in (*pieces, template[end:]) if piece != "")

    def item(self, key: str) -> str:
        """Return an item as people cite it."""
        return cited(key, self.lang) or key

    def blocks(self) -> tuple[Block, ...]:
        """Return the parts of the report in their order; a ranking only where one is approved."""
        whole = self.filled(_WHOLE, until=day_text(self.report.until, self.lang))
        found = [
            Block(Sentence("总体情况", "The whole").text(self.lang), (whole, self.filled(_LADDER))),
            Block(Sentence("逾期情况", "Overdue").text(self.lang), self._overdue()),
            self._heat(Sentence("问题集中在哪里", "Where problems gather").text(self.lang)),
            Block(Sentence("反复出现的问题", "Recurring problems").text(self.lang), self._recurring()),
            Block(Sentence("本办自身", "The office itself").text(self.lang), self._office()),
        ]
        if self.report.ranking is not None:
            lines = tuple(f"{one.place}　{one.unit}（{one.group}）{one.score}" for one in self.report.ranking)
            found.append(Block(Sentence("排序", "Ranking").text(self.lang), lines))
        return tuple(found)

    def _overdue(self) -> tuple[Text, ...]:
        lines: list[Text] = [self.filled(_LIGHTS)]
        for one in self.report.red[: self.most]:
            due = _DUE.fill(due=day_text(one.due_on, self.lang)).text(self.lang) if one.due_on is not None else ""
            number = self.case(one.case_id, one.number)
            state = f"{name(one.state).text(self.lang)}（{name(one.phase).text(self.lang)}）"
            if one.by_office:
                due = _BY_OFFICE.text(self.lang)
            lines.append(
                self.filled(_RED, number=number, unit=one.unit, duty=self.item(one.duty), state=state, due=due)
            )
        if len(self.report.red[: self.most]) < len(self.report.red):
            lines.append(self.filled(_AND_OTHERS, n=self.figure(of.RED)))
        if not self.report.red:
            lines.append(_NONE_RED.text(self.lang))
        for unit_id in self.report.units_late[:MOST_UNITS]:
            places: dict[str, str | Part] = {
                "unit": self.report.unit_names[unit_id],
                "entered": self.figure(f"{of.ENTERED_OF}:{unit_id}"),
                "missed": self.figure(f"{of.MISSED_OF}:{unit_id}"),
            }
            lines.append(self.filled(_PUNCTUAL, **places))
        return tuple(lines)

    def _heat(self, heading: str) -> Block:
        heat = self.report.heat
        if not heat.items:
            return Block(heading, (_NO_HEAT.text(self.lang),))
        names = [heat.names.get(unit_id, "") if unit_id else _OTHERS.text(self.lang) for unit_id in heat.units]
        rows: list[tuple[Text, ...]] = [(_ITEM.text(self.lang), *names, _TOTAL.text(self.lang))]
        for item in heat.items:
            keys = [f"{of.CELL}:{item}:{unit_id}" for unit_id in heat.units]
            cells: list[Text] = [(self.figure(key),) if self.report.count(key) else "—" for key in keys]
            rows.append((self.item(item), *cells, (self.figure(f"{of.ITEM}:{item}"),)))
        return Block(heading, (), tuple(rows))

    def _recurring(self) -> tuple[Text, ...]:
        order = sorted(self.report.recurring, key=lambda item: -self.report.count(f"{of.ITEM}:{item}"))
        lines = []
        for item in order[:MOST_RECURRING]:
            title = Sentence(*duty_titles().get(item, ("", ""))).text(self.lang)
            now, before = self.figure(f"{of.ITEM}:{item}"), self.figure(f"{of.ITEM_BEFORE}:{item}")
            lines.append(self.filled(_RECURRING, item=self.item(item), title=title, now=now, before=before))
        return tuple(lines) or (_NONE_RECURRING.text(self.lang),)

    def _office(self) -> tuple[Text, ...]:
        terms, late = self.figure(of.OFFICE_TERMS), self.figure(of.OFFICE_LATE)
        lines: list[Text] = [self.filled(_OFFICE, terms=terms, late=late)]
        for one in self.report.late[: self.most]:
            kind = Sentence(*DEADLINES.get(one.kind, _PROPOSAL)).text(self.lang)
            due = day_text(parse_date(one.due_on), self.lang) if one.due_on else ""
            lines.append(self.filled(_LATE, number=self.case(one.case_id, one.number), kind=kind, due=due))
        if len(self.report.late[: self.most]) < len(self.report.late):
            lines.append(self.filled(_AND_OTHERS, n=late))
        return tuple(lines)


def plain(text: Text) -> str:
    """Return a line without its links."""
    return text if isinstance(text, str) else "".join(one if isinstance(one, str) else one.text for one in text)
