"""Clues, commendations, rankings and official documents: who moves them on, from where, and where it ends."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from states import clue, commendation, obligation, official_document, ranking
from states.case import Actor, Event
from states.clue import ClueSource, ClueState
from states.commendation import CommendationAct, CommendationState
from states.errors import NoSuchAct, NotPermitted
from states.obligation import ObligationState, ObligationStep
from states.official_document import Status, Step, evolve_document, fold_documents
from states.ranking import RankingAct, RankingState
from states.vocabulary import Act, Role, State
from tests.support.days import day
from tests.support.lives import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

NOTHING = None
CLUES: dict[tuple[ClueState | None, Act], tuple[ClueState, set[Role]]] = {
    (NOTHING, Act.RAISE_CLUE): (ClueState.OPEN, {Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.SYSTEM}),
    (ClueState.OPEN, Act.ADOPT_CLUE): (ClueState.ADOPTED, {Role.HANDLER, Role.DIRECTOR}),
    (ClueState.OPEN, Act.DISMISS_CLUE): (ClueState.DISMISSED, {Role.DIRECTOR}),
}
COMMENDATIONS: dict[tuple[CommendationState | None, CommendationAct], tuple[CommendationState, set[Role]]] = {
    (NOTHING, CommendationAct.PROPOSE): (CommendationState.PROPOSED, {Role.HANDLER, Role.DIRECTOR}),
    (CommendationState.PROPOSED, CommendationAct.COMMEND): (CommendationState.COMMENDED, {Role.LEADER}),
    (CommendationState.PROPOSED, CommendationAct.REFUSE): (CommendationState.REFUSED, {Role.LEADER}),
}
ABOVE = {Role.DIRECTOR, Role.LEADER}
RANKINGS: dict[tuple[RankingState | None, RankingAct], tuple[RankingState, set[Role]]] = {
    (NOTHING, RankingAct.COMPUTE): (RankingState.COMPUTED, {Role.HANDLER, Role.DIRECTOR, Role.LEADER}),
    (RankingState.COMPUTED, RankingAct.ANNOUNCE): (RankingState.ANNOUNCED, ABOVE),
    (RankingState.ANNOUNCED, RankingAct.APPROVE): (RankingState.APPROVED, {Role.LEADER}),
    (RankingState.COMPUTED, RankingAct.WITHDRAW): (RankingState.WITHDRAWN, ABOVE),
    (RankingState.ANNOUNCED, RankingAct.WITHDRAW): (RankingState.WITHDRAWN, ABOVE),
    (RankingState.APPROVED, RankingAct.WITHDRAW): (RankingState.WITHDRAWN, {Role.LEADER}),
}

OBLIGATIONS: dict[
    tuple[ObligationState, ObligationStep], tuple[ObligationState, ObligationState | None, tuple[Role, ...]]
] = {
    **{
        (source, step): (ObligationState.FULFILLED, ObligationState.SUBMITTED, roles)
        for source in obligation.WAITING
        for step, roles in ((ObligationStep.SUBMIT, obligation.ENTER), (ObligationStep.RECEIVE, obligation.CONFIRM))
    },
    **{
        (source, step): (dest, dest, roles)
        for source in obligation.WAITING
        for step, dest, roles in (
            (ObligationStep.EXCUSE, ObligationState.EXCUSED, (Role.DIRECTOR, Role.LEADER)),
            (ObligationStep.MISS, ObligationState.MISSED, (Role.SYSTEM,)),
        )
    },
    (ObligationState.MISSED, ObligationStep.SUBMIT): (
        ObligationState.MISSED,
        ObligationState.MISSED,
        obligation.ENTER,
    ),
    (ObligationState.MISSED, ObligationStep.RECEIVE): (
        ObligationState.MISSED,
        ObligationState.MISSED,
        obligation.CONFIRM,
    ),
    (ObligationState.MISSED, ObligationStep.CLAIM): (ObligationState.MISSED, NOTHING, obligation.CONFIRM),
    (ObligationState.MISSED, ObligationStep.CORRECT): (ObligationState.FULFILLED, NOTHING, (Role.DIRECTOR,)),
    (ObligationState.FULFILLED, ObligationStep.SUBMIT): (
        ObligationState.FULFILLED,
        ObligationState.FULFILLED,
        obligation.ENTER,
    ),
}
"""Where a step leads when nothing is missing any more, and when something is; and who takes it."""


def _lived(
    allowed: Mapping[Any, tuple[StrEnum, set[Role]]], states: type[StrEnum], move: Callable[..., StrEnum]
) -> None:
    """Try every act in every role from everywhere, and compare with what is allowed."""
    acts = {act for _, act in allowed}
    for state, act, role in product([None, *states], sorted(acts), Role):
        row = allowed.get((state, act))
        if row is not None and role in row[1]:
            assert move(state, act, role) is row[0]
        else:
            with pytest.raises(NoSuchAct if row is None else NotPermitted):
                move(state, act, role)


def test_a_clue_is_raised_by_many_adopted_by_the_office_and_dismissed_by_the_director() -> None:
    _lived(CLUES, ClueState, clue.moved)


def test_a_commendation_is_proposed_by_the_office_and_given_or_refused_by_the_leader() -> None:
    _lived(COMMENDATIONS, CommendationState, commendation.commendation_moved)


def test_a_ranking_is_approved_by_the_leader_after_the_units_have_seen_it_and_then_withdrawn_by_him_alone() -> None:
    _lived(RANKINGS, RankingState, ranking.ranking_moved)
    for state, act, role in product([None, *RankingState], RankingAct, Role):
        row = RANKINGS.get((state, act))
        assert ranking.RANKING_LIFE.may(state, act, role) is (row is not None and role in row[1])


def test_an_obligation_is_fulfilled_and_a_miss_taken_back_only_when_nothing_is_missing() -> None:
    unit, office = {Role.LIAISON, Role.HEAD}, {Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR}
    assert (set(obligation.ENTER), set(obligation.CONFIRM)) == (unit | office, office)
    for state, step, role, whole in product(ObligationState, ObligationStep, Role, (True, False)):
        all_there, some_missing, roles = OBLIGATIONS.get((state, step), (NOTHING, NOTHING, ()))
        dest = all_there if whole else some_missing
        assert obligation.may(state, step, role) is (role in roles)
        if dest is not None and role in roles:
            assert obligation.moved(state, step, role, whole=whole) is dest
        else:
            with pytest.raises(NotPermitted if roles and role not in roles else NoSuchAct):
                obligation.moved(state, step, role, whole=whole)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (ClueState, clue.CLUE_STATES),
        (ClueSource, clue.CLUE_SOURCES),
        (CommendationState, commendation.COMMENDATION_STATES),
        (CommendationAct, commendation.COMMENDATION_ACTS),
        (RankingState, ranking.RANKING_STATES),
        (RankingAct, ranking.RANKING_ACTS),
        (Status, official_document.STATUS_NAMES),
        (Step, official_document.STEP_NAMES),
    ],
    ids=lambda one: one.__name__ if isinstance(one, type) else "",
)
def test_whatever_stands_beside_a_case_has_a_name_of_its_own_in_both_languages(
    words: type[StrEnum], names: Mapping[StrEnum, tuple[str, str]]
) -> None:
    assert set(names) == set(words)
    assert len(set(names.values())) == len(names)
    assert all(zh and not zh.isascii() and en.isascii() for zh, en in names.values())


def test_what_cannot_be_done_says_where_it_stands_and_what_was_wanted() -> None:
    with pytest.raises(NoSuchAct) as refused:
        clue.moved(ClueState.ADOPTED, Act.DISMISS_CLUE, Role.DIRECTOR)
    assert "已立案" in str(refused.value)
    assert "“adopted”" in refused.value.sentence.text("en")
    with pytest.raises(NoSuchAct, match="尚未登记"):
        clue.moved(None, Act.ADOPT_CLUE, Role.DIRECTOR)
    with pytest.raises(NoSuchAct, match="不能"):
        clue.moved(None, Act.SERVE_ORDER, Role.DIRECTOR)
    with pytest.raises(NotPermitted) as refused_too:
        clue.moved(ClueState.OPEN, Act.ADOPT_CLUE, Role.LEADER)
    assert "承办人、" in str(refused_too.value)
    assert " or " in refused_too.value.sentence.text("en")
    with pytest.raises(NoSuchAct) as not_yet:
        ranking.ranking_moved(None, RankingAct.APPROVE, Role.LEADER)
    assert str(not_yet.value) == "排序处于“尚未登记”，不能“批准排序”。"
    with pytest.raises(NoSuchAct, match="已批准"):
        ranking.ranking_moved(RankingState.APPROVED, RankingAct.ANNOUNCE, Role.LEADER)
    with pytest.raises(NotPermitted) as not_yours:
        ranking.ranking_moved(RankingState.COMPUTED, RankingAct.ANNOUNCE, Role.HANDLER)
    assert "、" in str(not_yours.value)
    assert " or " in not_yours.value.sentence.text("en")


# --- official documents ------------------------------------------------------------------------------------------

DOCUMENTS: dict[Status, dict[Step, Status]] = {
    Status.DRAFT: {
        Step.CHANGE: Status.DRAFT,
        Step.UPLOAD: Status.DRAFT,
        Step.SUBMIT: Status.SUBMITTED,
        Step.SIGN: Status.SIGNED,
        Step.VOID: Status.VOID,
    },
    Status.SUBMITTED: {
        Step.REVIEW: Status.REVIEWED,
        Step.RETURN: Status.DRAFT,
        Step.SIGN: Status.SIGNED,
        Step.VOID: Status.VOID,
    },
    Status.REVIEWED: {Step.RETURN: Status.DRAFT, Step.SIGN: Status.SIGNED, Step.VOID: Status.VOID},
    Status.SIGNED: {Step.ISSUE: Status.ISSUED, Step.SCAN: Status.SIGNED, Step.VOID: Status.VOID},
    Status.ISSUED: {Step.SERVE: Status.SERVED, Step.SCAN: Status.ISSUED},
    Status.SERVED: {Step.SCAN: Status.SERVED},
    Status.VOID: {},
}


@pytest.mark.parametrize("status", Status, ids=str)
def test_a_document_is_signed_before_it_is_issued_and_never_made_void_once_it_is_out(status: Status) -> None:
    for step in Step:
        if step in DOCUMENTS[status]:
            assert official_document.moved(status, step) is DOCUMENTS[status][step]
        else:
            with pytest.raises(NoSuchAct) as refused:
                official_document.moved(status, step)
            assert official_document.STATUS_NAMES[status][0] in str(refused.value)
            assert official_document.STEP_NAMES[step][1] in refused.value.sentence.text("en")


def test_what_a_document_says_can_change_until_it_is_signed_and_its_history_begins_there() -> None:
    assert frozenset({Status.DRAFT, Status.SUBMITTED, Status.REVIEWED}) == official_document.UNSIGNED
    told = {step for step in Step if step in official_document.IN_HISTORY}
    assert told == {Step.SIGN, Step.ISSUE, Step.SERVE, Step.SCAN, Step.VOID}


def test_a_document_keeps_its_number_its_template_and_its_file_until_a_step_names_others() -> None:
    signed = evolve_document(
        None, {"document": 7, "kind": "order", "step": "sign", "template_version": "3", "file": "a"}
    )
    assert (signed.id, signed.kind, signed.status) == (7, "order", Status.SIGNED)
    assert (signed.number, signed.template_version, signed.file) == ("", "3", "a")
    issued = evolve_document(signed, {"document": 7, "kind": "order", "step": "issue", "number": "临法督〔2026〕1号"})
    assert (issued.status, issued.number, issued.template_version, issued.file) == (
        Status.ISSUED,
        "临法督〔2026〕1号",
        "3",
        "a",
    )
    again = {"document": 7, "kind": "order", "step": "scan", "file": "b", "template_version": "4", "number": "2号"}
    scanned = evolve_document(issued, again)
    assert (scanned.number, scanned.template_version, scanned.file) == ("2号", "4", "b")


def test_the_documents_of_a_case_are_told_by_its_steps_of_documents_alone() -> None:
    def event(act: Act, **data: object) -> Event:
        actor = Actor(user="甲", role=Role.DIRECTOR)
        return Event(1, 1, act, day("02-06"), NOW, actor, data, State.FOUND, State.FOUND, "", "")

    first = {"document": 7, "kind": "order"}
    events = [
        event(Act.DOCUMENT_MOVED, **first, step="sign"),
        event(Act.ACKNOWLEDGE),
        event(Act.DOCUMENT_MOVED, document=8, kind="receipt", step="sign"),
        event(Act.DOCUMENT_MOVED, **first, step="issue"),
    ]
    found = fold_documents(events)
    assert {id_: (one.kind, one.status) for id_, one in found.items()} == {
        7: ("order", Status.ISSUED),
        8: ("receipt", Status.SIGNED),
    }
    assert fold_documents([]) == {}
