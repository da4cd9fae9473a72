"""Forms: what a person typed becomes the data of an act or a filter, and is kept when it is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from cases import evidence
from cases.numbering import AUTO
from states.errors import BadTerm, Sentence
from states.field_values import Field, Kind
from states.fields import FIELDS
from states.terms import Term, parse_date
from states.vocabulary import Act, Light, Phase, State
from store import case_filters
from store.idempotency import IdempotencyKey, key_of
from web.data_words import CHOICES
from web.duties import duty_in_doubt
from web.page import Form, Visit
from web.views import FILTER_FIELDS, LONGEST_FILTER, LONGEST_NAME, STATE_GROUPS
from wiring import now

_WRITE: Final = Sentence("请写明{label}。", "Say what this is: {label}.")
_CHOOSE: Final = Sentence("请选择{label}。", "Choose: {label}.")
_TERM: Final = Sentence(
    "“{label}”请写明数目和单位：工作日、日或月，例如15个工作日。",
    "Give “{label}” as a number with its unit: working days, days or months.",
)
_DAY: Final = Sentence("“{label}”请选择日期。", "Choose a day for “{label}”.")
_DIGITS: Final = 16
"""Of the greatest number that a field takes (`states.field_values`: below 2**53); Python reads at most 4300 of them."""
_NUMBER: Final = Sentence("“{label}”请写数字。", "Write a number for “{label}”.")


def filter_from(visit: Visit) -> tuple[dict[str, list[str]], case_filters.Filter, str]:
    """Return what the address asks for, as it was written and as a filter, and the sentence on what cannot be read."""
    asked = {
        key: [value[:LONGEST_FILTER] for value in visit.request.query_params.getlist(key)] or [""]
        for key in FILTER_FIELDS
    }
    one = {key: values[0].strip() for key, values in asked.items()}
    wrong, days = "", {}
    for key in ("due_from", "due_before"):
        try:
            days[key] = parse_date(one[key]) if one[key] else None
        except BadTerm as problem:
            wrong = problem.sentence.text(visit.lang)
    behind: tuple[int, ...] = ()
    if one["report"]:
        # No case has the id 0: a figure of nought has an empty list, and not the list of everything.
        behind = visit.here.reports.cases_behind(one["report"], now(), visit.person) or (0,)
    wanted = case_filters.Filter(
        ids=behind,
        state=State(one["state"]) if one["state"] in list(State) else None,
        states=STATE_GROUPS.get(one["state"], ()),
        phases=tuple(Phase(value) for value in asked["phase"] if value in list(Phase)),
        light=one["light"] if one["light"] in list(Light) else None,
        unit=one["unit"] or None,
        due_from=days.get("due_from"),
        due_before=days.get("due_before"),
        text=one["q"] or None,
        waiting=one["waiting"] == "1",
        approver=visit.person.role if one["waiting"] == "mine" else None,
    )
    return asked, wanted, wrong


def whole_number(text: str) -> int | None:
    """Return the number that a form holds, or nothing if it holds none that can be an id or a version."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004  # 32-bit numbers


def fields_of(act: Act) -> list[Any]:
    """Return the fields of an act, those first that it cannot do without."""
    return sorted(
        (field for field in FIELDS[act].values() if field.name != "child"), key=lambda field: not field.required
    )


def once_from(visit: Visit) -> IdempotencyKey | None:
    """Return the form as it may be sent twice: a second click does nothing."""
    asked = {key: value for key, value in visit.form.items() if key != "csrf"}
    return key_of(visit.person.username, visit.form.get("key"), asked)


def _typed(form: dict[str, str], field: Field) -> str:
    """Return what was typed for a field; a term may stand as a number beside its unit, a number be asked for."""
    name = f"d.{field.name}"
    text = form.get(name, "").strip()
    if field.kind is Kind.TERM and not text:
        count = form.get(f"{name}.n", "").strip()
        return f"{count}{form.get(f'{name}.unit', '')}" if count else ""
    if field.name == "document_number" and not text and form.get(f"{name}.auto"):
        return AUTO
    return text


def wrong_fields(form: dict[str, str], act: Act, lang: str) -> dict[str, str]:
    """Return what to write instead for each field that cannot be taken as it was typed, in their order."""
    wrong: dict[str, str] = {}
    for field in fields_of(act):
        text, label = _typed(form, field), Sentence(field.zh, field.en)
        if not text:
            if field.required:
                words = _CHOOSE if field.choices or field.kind is Kind.DUTY else _WRITE
                wrong[field.name] = words.fill(label=label).text(lang)
        elif field.kind is Kind.DUTY and (doubt := duty_in_doubt(text, lang)):
            wrong[field.name] = doubt
        elif field.kind is Kind.TERM and not _is_term(text):
            wrong[field.name] = _TERM.fill(label=label).text(lang)
        elif field.kind is Kind.DATE and not _is_day(text):
            wrong[field.name] = _DAY.fill(label=label).text(lang)
        elif field.kind is Kind.NUMBER and not (text.isascii() and text.isdigit()):
            wrong[field.name] = _NUMBER.fill(label=label).text(lang)
    return wrong


def _is_term(text: str) -> bool:
    try:
        Term.parse(text)
    except BadTerm:
        return False
    return True


def _is_day(text: str) -> bool:
    try:
        parse_date(text)
    except BadTerm:
        return False
    return True


def data_from(form: dict[str, str], act: Act) -> dict[str, Any]:
    """Return the data of an act from a form: what was left empty is left out."""
    data: dict[str, Any] = {}
    for field in FIELDS[act].values():
        text = _typed(form, field)
        if not text:
            continue
        match field.kind:
            case Kind.FLAG:
                data[field.name] = True
            case Kind.NUMBER:
                data[field.name] = _number_or_text(text)
            case Kind.TEXTS:
                parts = (part.strip() for part in re.split(r"[、，,\r\n]", text))
                data[field.name] = [part for part in parts if part]
            case Kind.RECORDS:
                data[field.name] = [_record_from(line, field) for line in text.splitlines() if line.strip()]
            case _:
                data[field.name] = text
    return data


def _record_from(line: str, field: Field) -> dict[str, Any]:
    """Return the record that one line holds: its parts in their order, separated by a bar; the last takes the rest."""
    texts = [text.strip() for text in line.replace("｜", "|").split("|", len(field.parts) - 1)]
    record: dict[str, Any] = {}
    for part, text in zip(field.parts, texts, strict=False):
        if not text:
            continue
        match part.kind:
            case Kind.NUMBER:
                record[part.name] = _number_or_text(text)
            case Kind.TEXTS:
                record[part.name] = text.split("、")
            case _:
                record[part.name] = _choice_from(text, part)
    return record


def _number_or_text(text: str) -> int | str:
    """Return the number, or the text as it is where it is none or a longer one than any field takes."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else text


def _choice_from(text: str, part: Field) -> str:
    """Return the choice that people call so, or the text itself where the part has no choices."""
    return next((choice for choice in part.choices if text in (choice, *CHOICES[choice])), text)


def plain_file_name(name: str) -> str:
    """Return the last part of a file's name as a browser sent it, short and without what cannot be seen."""
    last = name.replace("\\", "/").rpartition("/")[2]
    # First what nobody sees goes, else dots hide behind it, and the name is that of a folder.
    clean = "".join(letter for letter in last if letter.isprintable()).strip(". ") or "file"
    stem, dot, ending = clean.rpartition(".")
    return f"{stem[:LONGEST_NAME]}{dot}{ending[:10]}" if stem else clean[:LONGEST_NAME]


def kept_from(visit: Visit, name: str, content: bytes) -> str:
    """Keep a file that came with a form, under the last part of its name; return its SHA-256.

    Raises:
        Unavailable: it cannot be kept.
    """
    with TemporaryDirectory() as folder:
        source = Path(folder) / plain_file_name(name)
        source.write_bytes(content)
        here = visit.here
        return evidence.keep(here.database, here.settings.home, source, visit.person.username, now())


def with_evidence(visit: Visit, files_under: str = "f.evidence") -> Visit:
    """Keep the files that came with a form under this name, and return the visit as if their hashes had been typed.

    They are kept before the act is tried, so that a refused form does not ask for them again.

    Raises:
        Unavailable: one cannot be kept.
    """
    files = visit.sent.files.get(files_under, [])
    if not files:
        return visit
    hashes = [part.strip() for part in visit.form.get("d.evidence", "").split("、") if part.strip()]
    hashes += [kept_from(visit, name, content) for name, content in files]
    text = "、".join(dict.fromkeys(hashes))
    form = Form(visit.sent.first | {"d.evidence": text}, visit.sent.every | {"d.evidence": [text]})
    return replace(visit, sent=form)
