"""The columns of a ledger on a page: what was found, what a person chose for each, and the mapping that follows.

Used by the page of ledgers and by the set-up; both send the same fields. `field.KEY` holds what a column is taken for,
`counts.KEY` what its numbers count, `sheet.NAME` whether a sheet is taken, the rest the office's defaults.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cases.ledger_fields import FIELD_NAMES, LedgerField
from cases.ledger_layouts import check_duty, said_of
from cases.ledger_mapping import ASK, FIRST_LEADS, NO_MAPPING, SAME_AS_SERVICE, Mapping, mapping_from
from cases.ledger_survey import DEFAULTED
from states.errors import BadData, BadLedger, BadTerm, Problem, Sentence
from states.terms import YEARS, parse_date
from states.vocabulary import INSPECTIONS
from store.ledger_mappings import LONGEST_NAME
from web.dependencies import status_of
from web.duties import doubt_about, duty_field, duty_in_doubt, with_duty
from wiring import now

if TYPE_CHECKING:
    from pathlib import Path

    from cases.ledger_layouts import Remembered
    from cases.ledger_survey import FoundColumn, LedgerSurvey
    from web.page import Visit

SHOWN, TRIED, MAPPED = "map", "try", "mapped"
MAPS: Final = (SHOWN, TRIED, MAPPED)
"""What a button asks for: the columns as they are known, as they were chosen now, or the rows with these."""
ON_A_DAY: Final = "day"
_UNITS: Final = {"wd": ("工作日", "working days"), "d": ("自然日", "days"), "m": ("个月", "months")}
_HISTORY: Final = frozenset(
    {
        LedgerField.PROGRESS,
        LedgerField.COMPLETED_ON,
        LedgerField.STRUCK_OFF,
        LedgerField.STRUCK_OFF_ON,
        LedgerField.ACCEPTANCE,
        LedgerField.EXTENSION,
        LedgerField.LOOK_BACK,
        LedgerField.EVIDENCE,
    }
)
_SAID: Final = {
    LedgerField.SERIAL: Sentence("只是行的次序，不写入案件", "the order of rows; not taken"),
    LedgerField.PHONE: Sentence("电话不写入案件", "telephone numbers are not taken"),
    LedgerField.COMPUTED: Sentence("由系统自行计算", "worked out by the system"),
    LedgerField.IGNORE: Sentence("这一列不导入", "nothing of this column is taken"),
    LedgerField.PERSON: Sentence("姓名不写入案件", "names do not go into the case"),
    LedgerField.LEADER: Sentence("姓名不写入案件", "names do not go into the case"),
    LedgerField.ISSUED_ON: Sentence("不用来计算期限", "no term is counted from it"),
    LedgerField.NUMBER: Sentence("不是完整案号的，由系统编号", "what is no whole number gets one"),
    LedgerField.DUE_ON: Sentence("与整改时限并存时以这一列为准", "where there is a term as well, this column counts"),
}
_PAST: Final = Sentence("作为已经发生的事记入备注", "goes into the note as a thing of the past")
_FILLED: Final = Sentence("系统没有认出；{n}行有内容", "not recognised; {n} rows have something in it")
_EMPTY: Final = Sentence("没有内容", "nothing in it")
_NO_YEAR: Final = Sentence("“年份”应为四位数字，例如2026。", "“Year” must be four figures, such as 2026.")
_NO_DAY: Final = Sentence("“发现日期”请选择日期。", "Choose a day for “day of the finding”.")
_NOT_ONE: Final = Sentence(
    "现在还不能逐行预览：按这样对应，没有一行可以导入。", "Mapped like this, not one row can be imported."
)
_CHOICE: Final = Sentence("页面上的选项已改变，请重新选择各列。", "The choices have changed; map the columns again.")


@dataclass(frozen=True, slots=True)
class SentLedger:
    """A ledger that came with a form: where it lies, what its owner calls it, and the hash that names it."""

    place: Path
    name: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingAnswer:
    """What became of a form: the mapping to go on with; or None: the columns are shown again, with what is wrong."""

    survey: LedgerSurvey
    remembered: Remembered | None
    mapping: Mapping | None = None
    wrong: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column as the page shows it."""

    column: FoundColumn
    name: str
    chosen: str
    unit: str
    is_known: bool
    said: str
    question: str


def is_mapped(visit: Visit) -> bool:
    """Say whether the form says where the columns go."""
    return any(key.startswith("field.") for key in visit.form)


def kept_mapping(visit: Visit) -> Mapping | None:
    """Return the mapping that an earlier page sent along, if one did.

    Raises:
        BadLedger: it makes no sense, because it was altered on the way.
    """
    text = visit.form.get("mapping", "")
    if not text:
        return None
    try:
        return mapping_from(json.loads(text))
    except (ValueError, RecursionError, BadLedger) as error:
        raise BadLedger(_CHOICE) from error


def answer_to(visit: Visit, sent: SentLedger, who: str) -> MappingAnswer:
    """Do what the form asks of the columns. With `mapped` the layout is remembered, if that was ticked.

    Raises:
        BadLedger: the file cannot be read at all.
    """
    room, given = visit.here.ledger_layouts, kept_mapping(visit)
    wrong, status = "", 200
    if is_mapped(visit):
        try:
            meant = with_duty(visit, "duty").form
            given = mapping_of(meant)
            _check_typed(meant)
        except Problem as problem:
            wrong, status = problem.sentence.text(visit.lang), status_of(problem)
    survey, remembered = room.look(sent.place, sent.name, given)
    if wrong or visit.form.get("do") != MAPPED or given is None:
        return MappingAnswer(survey=survey, remembered=remembered, wrong=wrong, status=status)
    try:
        check_duty(given)
        if survey.problem is not None:
            raise BadLedger(survey.problem)
        if survey.rows and not survey.ready:
            raise BadLedger(_NOT_ONE)
        if visit.form.get("keep") == "1":
            room.remember(sent.place, sent.name, given, visit.form.get("layout_name", ""), who, now())
    except Problem as problem:
        said = problem.sentence.text(visit.lang)
        return MappingAnswer(survey=survey, remembered=remembered, wrong=said, status=status_of(problem))
    return MappingAnswer(survey=survey, remembered=remembered, mapping=given)


def mapping_of(form: dict[str, str]) -> Mapping:
    """Return what the form says of the columns, the sheets and the defaults.

    A year or day that is none is left out, and so is what does not mean one duty.

    Raises:
        BadLedger: a choice is none that was offered.
    """
    year, day = _year(form), form.get("found_on", "")
    if day == ON_A_DAY:
        day = _day(form)
    content = {
        "columns": _under(form, "field."),
        "sheets": {name: value == "1" for name, value in _under(form, "sheet.").items()},
        "units": _under(form, "counts."),
        "days": form.get("days") or None,
        "defaults": {
            "inspection": form.get("inspection", ""),
            "found_on": day,
            "duty": "" if doubt_about(form.get("duty", "")) else form["duty"],
            "post": form.get("post", "")[:200],
            "several_units": form.get("several_units") or ASK,
            **({"year": year} if year is not None else {}),
        },
    }
    try:
        return mapping_from(content)
    except BadLedger as error:
        raise BadLedger(_CHOICE) from error


def _year(form: dict[str, str]) -> int | None:
    text = form.get("year", "").strip()
    is_year = text.isascii() and text.isdigit() and len(text) == len("2026") and int(text) in YEARS
    return int(text) if is_year else None


def _day(form: dict[str, str]) -> str:
    try:
        return parse_date(form.get("found_on_day", "")).isoformat()
    except BadTerm:
        return ""


def _check_typed(form: dict[str, str]) -> None:
    if form.get("year", "").strip() and _year(form) is None:
        raise BadData(_NO_YEAR)
    if form.get("found_on") == ON_A_DAY and not _day(form):
        raise BadData(_NO_DAY)
    if form.get("duty") and (doubt := doubt_about(form["duty"])):
        raise BadData(doubt)


def _under(form: dict[str, str], prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): value for key, value in form.items() if key.startswith(prefix) and value}


def shown_mapping(visit: Visit, survey: LedgerSurvey, remembered: Remembered | None) -> dict[str, Any]:
    """Return what the fields of a mapping show: what was typed, else what is known."""
    lang, form, mapping = visit.lang, with_duty(visit, "duty").form, survey.mapping
    typed = is_mapped(visit)
    file_name = survey.name.rpartition(".")[0] or survey.name
    found_on = mapping.found_on if isinstance(mapping.found_on, str) else ON_A_DAY
    given = {
        "inspection": mapping.inspection,
        "found_on": found_on,
        "found_on_day": mapping.found_on.isoformat() if not isinstance(mapping.found_on, str) else "",
        "duty": mapping.duty,
        "post": mapping.post,
        "year": str(mapping.year or ""),
        "days": mapping.days or "",
        "several_units": mapping.several_units,
        "layout_name": remembered.kept.name if remembered is not None else file_name[:LONGEST_NAME],
    }
    if typed:
        given |= {key: form[key] for key in given if key in form}
    columns = [_shown(column, form, lang) for column in survey.columns]
    return {
        "survey": survey,
        "columns": columns,
        "given": given,
        "keeps": not typed or form.get("keep") == "1",
        "fields": [(one.value, FIELD_NAMES[one].text(lang)) for one in LedgerField],
        "units": [(code, words[lang == "en"]) for code, words in _UNITS.items()],
        "inspections": [(kind, words[lang == "en"]) for kind, words in INSPECTIONS.items()],
        "duty": duty_field(given["duty"], lang),
        "duty_wrong": duty_in_doubt(given["duty"], lang) if given["duty"] else "",
        "defaulted": {one.value for one in survey.without_column if one in DEFAULTED},
        "questions": _questions(survey, lang),
        "understood": sum(one.column.field is not None and one.column.question is None for one in columns),
        "unknown": sum(one.column.field is None for one in columns),
        "read_by": said_of(remembered, visit.here.settings.tz).text(lang) if remembered is not None else "",
        "wrong_rows": [one.text(lang) for one in survey.wrong],
        "problem": survey.problem.text(lang) if survey.problem is not None else "",
        "same_day": SAME_AS_SERVICE,
        "on_a_day": ON_A_DAY,
        "first_leads": FIRST_LEADS,
        "longest_name": LONGEST_NAME,
        "json": mapping_json(mapping) if mapping != NO_MAPPING else "",
    }


def mapping_json(mapping: Mapping) -> str:
    """Return the mapping as the next form sends it along."""
    return json.dumps(mapping.to_json(), ensure_ascii=False)


def _questions(survey: LedgerSurvey, lang: str) -> list[tuple[str, str]]:
    """Return what must be answered, each with its place; what nobody understood is marked in its row and left out."""
    unknown = {f"column:{one.key}" for one in survey.columns if one.field is None}
    return [(_anchor(survey, where), asked.text(lang)) for where, asked in survey.questions if where not in unknown]


def _anchor(survey: LedgerSurvey, where: str) -> str:
    """Return where on the page a question is answered."""
    if not where.startswith("column:"):
        return where if where in {one.value for one in DEFAULTED} | {"days"} else "columns"
    key = where.removeprefix("column:")
    return next((f"column-{n}" for n, one in enumerate(survey.columns, 1) if one.key == key), "columns")


def _shown(column: FoundColumn, form: dict[str, str], lang: str) -> ShownColumn:
    chosen = form.get(f"field.{column.key}", column.field.value if column.field is not None else "")
    chosen = chosen or LedgerField.IGNORE.value
    said = _SAID.get(column.field) if column.field is not None else None
    if column.field in _HISTORY:
        said = _PAST
    elif column.field is None:
        said = _FILLED.fill(n=column.filled) if column.filled else _EMPTY
    return ShownColumn(
        column=column,
        name=column.shown.text(lang),
        chosen=chosen,
        unit=form.get(f"counts.{column.key}", column.unit or ""),
        is_known=column.field is not None or not column.filled,
        said=said.text(lang) if said is not None else "",
        question=column.question.text(lang) if column.question is not None and column.field is not None else "",
    )
