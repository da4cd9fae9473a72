"""Who may review and sign an official document: by the level of its addressee, and never who wrote it.

The post that signs is given by the kind and the addressee (docs/domain.md §4.3). Below it stands the post that reviews.
Whoever drafted a document, or changed a word of it, neither reviews nor signs it: what should read differently goes
back with a comment. A record that the case handler signs alone (receipt, record of help, of a verification) is the
writer's own statement, and signed by its writer; where a second person must confirm it, the act asks for the second
signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.errors import NotPermitted, Sentence
from states.vocabulary import NAMES, Role

if TYPE_CHECKING:
    from collections.abc import Collection

    from states.case import Actor

WRITERS: Final = frozenset({Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST})
"""Who of the office draws documents up, changes and submits them."""

_RANKS: Final = {Role.HANDLER: 1, Role.DIRECTOR: 2, Role.ARCHIVIST: 2, Role.LEADER: 3}
_REVIEWERS: Final = {Role.LEADER: Role.DIRECTOR, Role.DIRECTOR: Role.HANDLER}

_NOT_SIGNER: Final = Sentence("“{kind}”须由{role}签发。", "“{kind}” must be signed by the {role}.")
_NOT_REVIEWER: Final = Sentence("“{kind}”须由{role}核稿。", "“{kind}” must be reviewed by the {role}.")
_NO_REVIEW: Final = Sentence(
    "“{kind}”由承办人自己签字，不须核稿。", "“{kind}” is the handler's own record; nobody reviews it."
)
_OWN: Final = Sentence(
    "这份文书由您拟稿或者修改，不能由您{step}；请由另一位{role}办理。",
    "You drafted or changed this document, so you may not {step} it; another {role} must.",
)
_SIGN: Final = Sentence("签发", "sign")
_REVIEW: Final = Sentence("核稿", "review")
_NOT_WRITER: Final = Sentence("文书由督查机构人员拟稿和办理。", "Documents are drawn up by the people of the office.")
_VOIDED_BY: Final = Sentence(
    "作废由拟稿人或者{role}办理。", "A document is made void by who drafted it, or by the {role}."
)


def reviewer_of(signer: Role) -> Role | None:
    """Return the role below the signer's, which reviews; None where the handler signs a record of his or her own."""
    return _REVIEWERS.get(signer)


def why_not_signed(kind: Sentence, signer: Role, who: Actor, wrote: Collection[str]) -> Sentence | None:
    """Return why this person may not sign; None if he or she may.

    `signer` is the role that the kind and the addressee ask for; a higher one may sign too. `wrote` are the user names
    of who drafted or changed the document. At the console of the machine each role that is named counts as a person of
    its own: who may open the console could sign in anybody's name anyway.
    """
    if _rank(who.role, signer) < _RANKS[signer]:
        return _NOT_SIGNER.fill(kind=kind, role=_named(signer))
    if signer is not Role.HANDLER and who.user in wrote:
        return _OWN.fill(step=_SIGN, role=_named(signer))
    return None


def why_not_reviewed(kind: Sentence, signer: Role, who: Actor, wrote: Collection[str]) -> Sentence | None:
    """Return why this person may not pass or return the document before its signature; None if he or she may."""
    reviewer = reviewer_of(signer)
    if reviewer is None:
        return _NO_REVIEW.fill(kind=kind)
    if _RANKS.get(who.role, 0) < _RANKS[reviewer]:
        return _NOT_REVIEWER.fill(kind=kind, role=_named(reviewer))
    if who.user in wrote:
        return _OWN.fill(step=_REVIEW, role=_named(reviewer))
    return None


def why_not_returned(kind: Sentence, signer: Role, who: Actor, wrote: Collection[str]) -> Sentence | None:
    """Return why this person may not return the document with a comment; None for who may review or sign it."""
    unsigned = why_not_signed(kind, signer, who, wrote)
    return unsigned and why_not_reviewed(kind, signer, who, wrote) and unsigned


def why_not_void(who: Actor, drafted_by: str) -> Sentence | None:
    """Return why this person may not make the document void; None for who drafted it, the director and the leader."""
    if who.user == drafted_by or _RANKS.get(who.role, 0) >= _RANKS[Role.DIRECTOR]:
        return None
    return _VOIDED_BY.fill(role=_named(Role.DIRECTOR))


def why_not_written(who: Actor) -> Sentence | None:
    """Return why this person may not draft or change documents; None for the people of the office."""
    return None if who.role in WRITERS else _NOT_WRITER


def refuse(reason: Sentence | None) -> None:
    """Do nothing where there is no reason.

    Raises:
        NotPermitted: there is one.
    """
    if reason is not None:
        raise NotPermitted(reason)


def _rank(role: Role, signer: Role) -> int:
    """Return the rank of a role where this one should sign; the archivist signs for the archive and nothing else."""
    return 0 if role is Role.ARCHIVIST and signer is not Role.ARCHIVIST else _RANKS.get(role, 0)


def _named(role: Role) -> Sentence:
    return Sentence(*NAMES[role])
