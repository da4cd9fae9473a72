"""Who reviews and signs a document: by its kind and addressee, and never who wrote it."""

from __future__ import annotations

import pytest

from states.case import Actor
from states.document_signing import (
    refuse,
    reviewer_of,
    why_not_returned,
    why_not_reviewed,
    why_not_signed,
    why_not_void,
    why_not_written,
)
from states.errors import NotPermitted, Sentence
from states.vocabulary import Role

ORDER = Sentence("责令整改通知书", "order to rectify")
NOBODY: frozenset[str] = frozenset()


def who(role: Role, user: str = "") -> Actor:
    return Actor(user=user or role.value, role=role)


@pytest.mark.parametrize(
    ("signer", "may", "may_not"),
    [
        (Role.DIRECTOR, {Role.DIRECTOR, Role.LEADER}, {Role.HANDLER, Role.INSPECTOR, Role.ARCHIVIST, Role.HEAD}),
        (Role.LEADER, {Role.LEADER}, {Role.DIRECTOR, Role.HANDLER, Role.ARCHIVIST}),
        (Role.HANDLER, {Role.HANDLER, Role.DIRECTOR, Role.LEADER}, {Role.INSPECTOR, Role.ARCHIVIST, Role.LIAISON}),
        (Role.ARCHIVIST, {Role.ARCHIVIST, Role.DIRECTOR, Role.LEADER}, {Role.HANDLER, Role.AUDITOR}),
    ],
)
def test_the_role_that_is_asked_for_signs_or_a_higher_one(signer: Role, may: set[Role], may_not: set[Role]) -> None:
    assert all(why_not_signed(ORDER, signer, who(role), NOBODY) is None for role in may)
    for role in may_not:
        reason = why_not_signed(ORDER, signer, who(role), NOBODY)
        assert reason is not None
        assert "责令整改通知书”须由" in reason.text()


def test_who_wrote_a_word_of_it_does_not_sign_and_is_told_who_does() -> None:
    wrote = frozenset({"zhou", "liu"})
    reason = why_not_signed(ORDER, Role.DIRECTOR, who(Role.DIRECTOR, "zhou"), wrote)
    assert reason is not None
    assert "由您拟稿或者修改，不能由您签发；请由另一位督查机构负责人办理" in reason.text()
    assert why_not_signed(ORDER, Role.DIRECTOR, who(Role.LEADER, "zhou"), wrote) is not None, "nor in a higher role"
    assert why_not_signed(ORDER, Role.DIRECTOR, who(Role.DIRECTOR, "wang"), wrote) is None


def test_a_record_of_the_handlers_own_is_signed_by_who_made_it_and_reviewed_by_nobody() -> None:
    liu = who(Role.HANDLER, "liu")
    assert why_not_signed(ORDER, Role.HANDLER, liu, frozenset({"liu"})) is None
    assert reviewer_of(Role.HANDLER) is None
    reason = why_not_reviewed(ORDER, Role.HANDLER, who(Role.DIRECTOR), NOBODY)
    assert reason is not None
    assert "不须核稿" in reason.text()


def test_the_role_below_the_signer_reviews_and_not_who_wrote_it() -> None:
    assert (reviewer_of(Role.LEADER), reviewer_of(Role.DIRECTOR)) == (Role.DIRECTOR, Role.HANDLER)
    assert why_not_reviewed(ORDER, Role.DIRECTOR, who(Role.HANDLER, "he"), frozenset({"liu"})) is None
    for asker, wrote, words in (
        (who(Role.HANDLER, "liu"), {"liu"}, "不能由您核稿"),
        (who(Role.INSPECTOR), {"liu"}, "须由承办人核稿"),
    ):
        reason = why_not_reviewed(ORDER, Role.DIRECTOR, asker, frozenset(wrote))
        assert reason is not None
        assert words in reason.text()
    assert why_not_reviewed(ORDER, Role.LEADER, who(Role.HANDLER), NOBODY) is not None


def test_who_reviews_or_signs_returns_it_and_nobody_else() -> None:
    wrote = frozenset({"liu"})
    assert why_not_returned(ORDER, Role.LEADER, who(Role.DIRECTOR), wrote) is None
    assert why_not_returned(ORDER, Role.LEADER, who(Role.LEADER), wrote) is None
    assert why_not_returned(ORDER, Role.LEADER, who(Role.HANDLER), wrote) is not None
    assert why_not_returned(ORDER, Role.DIRECTOR, who(Role.HANDLER, "liu"), wrote) is not None


def test_who_drafted_it_or_a_director_makes_it_void() -> None:
    assert why_not_void(who(Role.HANDLER, "liu"), "liu") is None
    assert why_not_void(who(Role.DIRECTOR), "liu") is None
    assert why_not_void(who(Role.LEADER), "liu") is None
    assert why_not_void(who(Role.HANDLER, "he"), "liu") is not None
    assert why_not_void(who(Role.HEAD), "liu") is not None


@pytest.mark.parametrize("role", Role, ids=str)
def test_only_the_office_draws_documents_up(role: Role) -> None:
    if role in {Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST}:
        refuse(why_not_written(who(role)))
    else:
        with pytest.raises(NotPermitted, match="由督查机构人员拟稿"):
            refuse(why_not_written(who(role)))
