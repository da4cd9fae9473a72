"""What somebody wants to inspect: checked before it is planned, and as the items of the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from config.duties import catalogue_duties, duty_evidence, duty_titles
from states.duty import citation, fits
from states.errors import BadData, Sentence
from states.inspection import InspectionState
from states.names import is_plain_name
from states.secrecy import refuse_secrets
from states.vocabulary import INSPECTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from store import organisation
    from store.inspections import PlannedInspection


MOST_ITEMS: Final = 60
MOST_UNITS: Final = 200
LONGEST: Final = 500
_NO_TITLE: Final = Sentence("请写明检查的名称和依据（各不超过{most}字）。", "Name the inspection and its basis.")
_NO_KIND: Final = Sentence(
    "检查方式须为定期检查、专项督查或者实地暗访。", "An inspection is regular, special or unannounced."
)
_NO_UNITS: Final = Sentence("请至少写明一个被检查单位。", "Name at least one unit.")
_NO_TEAM: Final = Sentence("请写明检查组成员。", "Name the members of the team.")
_NO_ITEMS: Final = Sentence("请从职责目录中至少选一项检查内容。", "Choose at least one duty of the catalogue to check.")
_TOO_MANY: Final = Sentence(
    "一次检查最多{units}个单位、{items}项内容。", "One inspection has at most {units} units and {items} points."
)
_NO_DUTY: Final = Sentence("职责条款“{duty}”不在职责清单中。", "The duty “{duty}” is not in the catalogue of duties.")
_NOT_BORNE: Final = Sentence(
    "{duty}不由任何一个被检查单位承担，不能列入检查清单。",
    "None of the units bears {duty}; it cannot be on the check list.",
)
_BACKWARDS: Final = Sentence("检查的结束日期不能早于开始日期。", "An inspection cannot end before it begins.")
_TWO_YEARS: Final = Sentence(
    "年度计划中的一项检查须在同一年内开始和结束。", "An inspection of the year's plan begins and ends in one year."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionDraft:
    """What somebody wants to inspect. `duties` are keys of the catalogue, each a point of the check list.

    `questions` words a point in the office's own way, by its key. `kept_because` says why it stays although it overlaps
    or goes above the ceiling.
    """

    kind: str
    title: str
    basis: str
    units: tuple[str, ...]
    duties: tuple[str, ...]
    from_on: date
    until_on: date
    team: tuple[str, ...]
    questions: Mapping[str, str] | None = None
    kept_because: str = ""


def check_draft(draft: InspectionDraft) -> None:
    """Refuse a draft that makes no sense, whatever the database holds."""
    texts = [draft.title, draft.basis, draft.kept_because, *(draft.questions or {}).values(), *draft.team]
    refuse_secrets(texts)
    if draft.kind not in INSPECTIONS:
        raise BadData(_NO_KIND)
    plain = bool(draft.title.strip()) and is_plain_name(draft.title)
    if not plain or not draft.basis.strip() or any(len(text) > LONGEST for text in texts):
        raise BadData(_NO_TITLE.fill(most=LONGEST))
    if not [name for name in draft.units if name.strip()]:
        raise BadData(_NO_UNITS)
    if not draft.team or not all(name.strip() and is_plain_name(name) for name in draft.team):
        raise BadData(_NO_TEAM)
    if not draft.duties:
        raise BadData(_NO_ITEMS)
    if len(draft.duties) > MOST_ITEMS or len(draft.units) > MOST_UNITS:
        raise BadData(_TOO_MANY.fill(units=MOST_UNITS, items=MOST_ITEMS))
    for duty in (*draft.duties, *(draft.questions or {})):
        if duty not in catalogue_duties():
            raise BadData(_NO_DUTY.fill(duty=duty))
    _check_days(draft)


def is_same_draft(planned: PlannedInspection, draft: InspectionDraft, units: Mapping[int, object]) -> bool:
    """Say whether a planned inspection that waits is what the draft asks for."""
    return (
        planned.state is InspectionState.DRAFT
        and (planned.kind, planned.title, planned.basis) == (draft.kind, draft.title.strip(), draft.basis.strip())
        and (planned.from_on, planned.until_on) == (draft.from_on, draft.until_on)
        and (planned.team, planned.kept_because) == (tuple(draft.team), draft.kept_because.strip())
        and {visit.unit_id for visit in planned.visits} == set(units)
        and [item.duty for item in planned.items] == list(dict.fromkeys(draft.duties))
    )


def _check_days(draft: InspectionDraft) -> None:
    if draft.until_on < draft.from_on:
        raise BadData(_BACKWARDS)
    if draft.until_on.year != draft.from_on.year:
        raise BadData(_TWO_YEARS)


def items_of_draft(
    draft: InspectionDraft, units: Mapping[int, organisation.OrganisationUnit]
) -> list[tuple[str, str, str]]:
    """Return the check list: of each duty its key, the question, and what to look at.

    Raises:
        BadData: a duty binds none of the units.
    """
    found = []
    for duty in dict.fromkeys(draft.duties):
        known = catalogue_duties()[duty]
        if not any(fits(known, unit.name, unit.kind) for unit in units.values()):
            raise BadData(_NOT_BORNE.fill(duty=citation(duty) or duty))
        question = (draft.questions or {}).get(duty, "").strip() or f"是否做到：{duty_titles()[duty][0]}"
        found.append((duty, question, "；".join(duty_evidence(duty))))
    return found
