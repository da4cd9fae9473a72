"""The kinds of official documents: which act each carries out, what it says, on what paper, and who signs it.

Sources: docs/domain.md §2.6 (kinds, layouts), §2.7 (retention), §4.2 (each act's document), §4.3 (who decides), §0.7
(an office may not command a lower Party committee or government). Names of acts and kinds: CONTRACT.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from documents.fields import FIELDS, DocumentField
from states.errors import NotFound, Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping


class Layout(StrEnum):
    """The paper: red-headed 下行文, 信函, 纪要 (GB/T 9704-2012, 7, 10.1, 10.3), or an internal form without red."""

    NOTICE = "notice"
    LETTER = "letter"
    MINUTES = "minutes"
    FORM = "form"


class Level(StrEnum):
    """Where the addressee stands, because that decides who may sign and whether the office may command at all."""

    COMMITTEE = "committee"
    DEPARTMENT = "department"
    TOWNSHIP = "township"
    VILLAGE = "village"


class BelongsTo(StrEnum):
    """What a document of a kind belongs to: a case, or a commendation, which is none."""

    CASE = "case"
    COMMENDATION = "commendation"


class SigningRole(StrEnum):
    """The role that signs; the words of `states.vocabulary.Role`."""

    HANDLER = "handler"
    DIRECTOR = "director"
    LEADER = "leader"
    ARCHIVIST = "archivist"


class Retention(StrEnum):
    """How long the archive keeps it: 永久, 30年 or 10年 (国家档案局令8号; docs/domain.md §2.7)."""

    PERMANENT = "permanent"
    YEARS_30 = "30y"
    YEARS_10 = "10y"


RETENTION_NAMES: Final = {
    Retention.PERMANENT: ("永久", "permanently"),
    Retention.YEARS_30: ("30年", "30 years"),
    Retention.YEARS_10: ("10年", "10 years"),
}

_LEVELS: Final = {
    "party_committee": Level.COMMITTEE,
    "government": Level.COMMITTEE,
    "township": Level.TOWNSHIP,
    "village": Level.VILLAGE,
}
_NEEDS_CONSENT: Final = frozenset({Level.COMMITTEE, Level.TOWNSHIP})


def level_of(unit_kind: str) -> Level:
    """Return where a unit of this kind stands; all but committee, government, township, village are departments."""
    return _LEVELS.get(unit_kind, Level.DEPARTMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentKind:
    """One kind of document.

    `acts` are those that its issue enters (one of them, by the outcome); none for paper that only records. `approval`
    is the act of the signature, where the lifecycle has one. `numbered` says whether it takes a number of the office's
    series; a form carries the case number instead. `required` must be known or typed before anybody can sign.
    `belongs_to` says of what it tells.
    """

    name: str
    zh: str
    en: str
    layout: Layout
    acts: tuple[str, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    approval: str = ""
    numbered: bool = True
    consent: bool = False  # to a lower committee, government or township only with the consent of the own committee
    commands: bool = False  # tells the addressee what to do, so a lower committee or government gets it as a letter
    signer: SigningRole = SigningRole.DIRECTOR
    signers: Mapping[Level, SigningRole] = field(default_factory=dict)
    retention: Retention = Retention.YEARS_30
    belongs_to: BelongsTo = BelongsTo.CASE

    @property
    def fields(self) -> tuple[DocumentField, ...]:
        """Return the fields that a template of this kind may name."""
        common: tuple[str, ...] = _COMMON if self.layout is not Layout.FORM else _FORM
        if self.belongs_to is not BelongsTo.CASE:
            common = tuple(name for name in common if name not in _OF_A_CASE)
        return tuple(FIELDS[name] for name in dict.fromkeys((*common, *self.required, *self.optional)))

    def signed_by(self, level: Level) -> SigningRole:
        """Return the role that signs a document of this kind to an addressee of this level (docs/domain.md §4.3)."""
        return self.signers.get(level, self.signer)

    def layout_for(self, level: Level) -> Layout:
        """Return the paper: what would command a lower committee or government is a letter (docs/domain.md §0.7)."""
        return Layout.LETTER if self.commands and level is Level.COMMITTEE else self.layout

    def template_for(self, level: Level) -> str:
        """Return the name of the template's file, without its ending."""
        as_letter = self.layout_for(level) is not self.layout
        return f"{self.name}_letter" if as_letter else self.name

    @property
    def templates(self) -> tuple[str, ...]:
        """Return the names of all templates that this kind needs."""
        return tuple(dict.fromkeys(self.template_for(level) for level in Level))

    def required_for(self, level: Level) -> tuple[str, ...]:
        """Return the fields without which it cannot be signed, for an addressee of this level."""
        if self.consent and level in _NEEDS_CONSENT:
            return tuple(dict.fromkeys((*self.required, "authorization_note")))
        return self.required


_IDENTITY: Final = ("office", "office_short", "case_number", "unit", "post", "title", "signed_on", "state")
_FORM: Final = (*_IDENTITY, "number", "duty", "inspection", "finding", "found_on", "criteria", "secrecy")
_COMMON: Final = (
    *_FORM,
    "letterhead",
    "addressee",
    "copies",
    "printed_on",
    "urgency",
    "authorization_note",
)
_OF_A_CASE: Final = frozenset(
    {"case_number", "state", "duty", "inspection", "finding", "found_on", "criteria", "authorization_note"}
)
_SIGNED: Final = ("title", "office", "signed_on", "number")
_LETTERED: Final = (*_SIGNED, "addressee")
_UP: Final = {Level.COMMITTEE: SigningRole.LEADER}

_ALL: Final = (
    DocumentKind(
        name="order",
        zh="责令整改通知书",
        en="order to rectify",
        layout=Layout.NOTICE,
        acts=("serve_order",),
        approval="approve_order",
        consent=True,
        commands=True,
        signers=_UP,
        required=(*_LETTERED, "finding", "found_on", "duty", "items", "term", "service_on", "due_on", "plan_term"),
        optional=("requirements", "help_contact", "authorization_note"),
    ),
    DocumentKind(
        name="receipt",
        zh="送达回证",
        en="certificate of service",
        layout=Layout.FORM,
        acts=("acknowledge",),
        numbered=False,
        signer=SigningRole.HANDLER,
        required=("title", "number", "unit", "document_title", "way"),
        optional=("served_on", "served_by", "signed_by", "reason"),
    ),
    DocumentKind(
        name="plan",
        zh="整改方案报送单",
        en="cover sheet of a rectification plan",
        layout=Layout.FORM,
        acts=("submit_plan",),
        numbered=False,
        signer=SigningRole.HANDLER,
        required=("title", "case_number", "unit", "items", "submitted_on"),
        optional=("ordered_on", "due_on", "signed_by"),
    ),
    DocumentKind(
        name="urge",
        zh="督办单",
        en="reminder sheet",
        layout=Layout.FORM,
        acts=("urge",),
        numbered=False,
        signer=SigningRole.HANDLER,
        required=("title", "case_number", "unit", "post", "due_on", "light", "requirements", "signed_on"),
        optional=("days_late", "answer_by", "ordered_on", "reason"),
        retention=Retention.YEARS_10,
    ),
    DocumentKind(
        name="report",
        zh="整改报告报送单",
        en="cover sheet of a rectification report",
        layout=Layout.FORM,
        acts=("submit_report",),
        numbered=False,
        signer=SigningRole.HANDLER,
        required=("title", "case_number", "unit", "items", "submitted_on"),
        optional=("ordered_on", "due_on", "signed_by"),
    ),
    DocumentKind(
        name="verification",
        zh="核查记录",
        en="verification record",
        layout=Layout.FORM,
        acts=("verify_pass", "verify_fail"),
        numbered=False,
        signer=SigningRole.HANDLER,
        required=("title", "case_number", "unit", "items", "verified_on", "outcome", "verifiers"),
        optional=("report_on", "reason"),
    ),
    DocumentKind(
        name="criticism",
        zh="通报批评",
        en="circular of public criticism",
        layout=Layout.NOTICE,
        acts=("publish_criticism",),
        approval="approve_criticism",
        signer=SigningRole.LEADER,
        required=(*_LETTERED, "unit", "finding", "duty", "reason", "term", "due_on"),
        optional=("service_on", "ordered_on", "old_due_on", "heard", "circulated_to", "requirements", "items"),
        retention=Retention.PERMANENT,
    ),
    DocumentKind(
        name="help",
        zh="帮助指导记录",
        en="record of help",
        layout=Layout.FORM,
        acts=("record_help",),
        numbered=False,
        signer=SigningRole.HANDLER,
        required=("title", "case_number", "unit", "helped_on", "helpers", "what"),
        optional=("criticized_on", "due_on"),
    ),
    DocumentKind(
        name="interview_approval",
        zh="约谈审批表",
        en="approval of an interview",
        layout=Layout.FORM,
        acts=("approve_interview",),
        numbered=False,
        signer=SigningRole.LEADER,
        required=("title", "case_number", "unit", "interviewee", "convenor", "reason"),
        optional=("held_on", "venue", "attendees", "criticized_on", "due_on"),
    ),
    DocumentKind(
        name="interview_notice",
        zh="约谈通知书",
        en="interview notice",
        layout=Layout.NOTICE,
        acts=("serve_interview_notice",),
        approval="approve_interview",
        consent=True,
        commands=True,
        signer=SigningRole.LEADER,
        required=(*_LETTERED, "interviewee", "convenor", "held_on", "held_at", "venue", "reason"),
        optional=("attendees", "requirements", "help_contact", "criticized_on", "authorization_note"),
    ),
    DocumentKind(
        name="attendance",
        zh="约谈签到表",
        en="attendance list of an interview",
        layout=Layout.FORM,
        acts=(),
        numbered=False,
        signer=SigningRole.HANDLER,
        required=("title", "case_number", "unit", "interviewee", "convenor", "held_on", "venue"),
        optional=("attendees", "observers", "recorders"),
    ),
    DocumentKind(
        name="minutes",
        zh="约谈纪要",
        en="interview minutes",
        layout=Layout.MINUTES,
        acts=("issue_minutes",),
        required=(
            "title",
            "number",
            "printed_on",
            "interviewee",
            "convenor",
            "held_on",
            "venue",
            "recorders",
            "reason",
            "explained",
            "requirements",
            "commitment",
            "term",
            "due_on",
        ),
        optional=("attendees", "observers", "service_on", "held_at"),
    ),
    DocumentKind(
        name="extension",
        zh="延期批复",
        en="answer to an application for more time",
        layout=Layout.NOTICE,
        acts=("approve_extension", "refuse_extension"),
        commands=True,
        required=(*_LETTERED, "applied_on", "outcome", "old_due_on", "due_on"),
        optional=("term", "reason", "authorization_note"),
    ),
    DocumentKind(
        name="suspension",
        zh="中止（恢复）整改通知",
        en="notice of suspension or resumption",
        layout=Layout.NOTICE,
        acts=("suspend", "resume"),
        commands=True,
        required=(*_LETTERED, "outcome", "reason", "service_on", "remaining"),
        optional=("due_on", "term", "authorization_note"),
    ),
    DocumentKind(
        name="review",
        zh="复核决定",
        en="review decision",
        layout=Layout.NOTICE,
        acts=("decide_review",),
        commands=True,
        signer=SigningRole.LEADER,
        required=(*_LETTERED, "applied_on", "subject", "reason", "outcome"),
        optional=("due_on", "authorization_note"),
    ),
    DocumentKind(
        name="accountability_proposal",
        zh="问责建议函",
        en="proposal to hold accountable",
        layout=Layout.LETTER,
        acts=("propose_accountability",),
        signer=SigningRole.LEADER,
        required=(*_SIGNED, "receiver", "unit", "post", "reason", "chronology", "catalogue"),
        optional=("finding", "duty", "items"),
        retention=Retention.PERMANENT,
    ),
    DocumentKind(
        name="transfer",
        zh="线索移送函",
        en="letter that transfers a clue",
        layout=Layout.LETTER,
        acts=("transfer",),
        signer=SigningRole.LEADER,
        required=(*_SIGNED, "receiver", "clue", "catalogue", "answer_by"),
        optional=("help_contact",),
        retention=Retention.PERMANENT,
    ),
    DocumentKind(
        name="tolerance",
        zh="容错认定书",
        en="decision on error tolerance",
        layout=Layout.NOTICE,
        acts=("decide_tolerance",),
        commands=True,
        signer=SigningRole.LEADER,
        required=(*_LETTERED, "unit", "applied_on", "ground", "views", "outcome", "reason"),
        optional=("verified_on", "authorization_note"),
        retention=Retention.PERMANENT,
    ),
    DocumentKind(
        name="closure_approval",
        zh="销号审批表",
        en="approval of the closure",
        layout=Layout.FORM,
        acts=("approve_closure",),
        numbered=False,
        required=("title", "case_number", "unit", "items", "report_on", "verified_on", "outcome"),
        optional=("ordered_on", "due_on", "verifiers"),
    ),
    DocumentKind(
        name="closure",
        zh="销号通知",
        en="notice of closure",
        layout=Layout.NOTICE,
        acts=("approve_closure",),
        commands=True,
        signers=_UP,
        required=(*_LETTERED, "report_on", "verified_on"),
        optional=("ordered_on", "look_back_on", "authorization_note"),
    ),
    DocumentKind(
        name="look_back",
        zh="回头看记录",
        en="look-back record",
        layout=Layout.FORM,
        acts=("look_back_pass", "reopen"),
        numbered=False,
        signer=SigningRole.HANDLER,
        required=("title", "case_number", "unit", "looked_on", "verifiers", "outcome", "items"),
        optional=("closed_on", "reason"),
    ),
    DocumentKind(
        name="correction",
        zh="更正说明",
        en="note of correction",
        layout=Layout.FORM,
        acts=("correct_event",),
        numbered=False,
        required=("title", "case_number", "unit", "corrected", "correction", "reason", "confirmed_by", "signed_on"),
        optional=("office",),
    ),
    DocumentKind(
        name="commendation",
        zh="表扬通报",
        en="circular of commendation",
        layout=Layout.NOTICE,
        acts=("commend",),
        signer=SigningRole.LEADER,
        required=(*_LETTERED, "unit", "reason"),
        optional=("post", "circulated_to"),
        retention=Retention.PERMANENT,
        belongs_to=BelongsTo.COMMENDATION,
    ),
    DocumentKind(
        name="case_file",
        zh="案卷",
        en="case file",
        layout=Layout.FORM,
        acts=(),
        numbered=False,
        signer=SigningRole.ARCHIVIST,
        required=("title", "case_number", "unit", "opened_on", "retention", "catalogue", "papers"),
        optional=("closed_on", "pages", "remarks", "chronology"),
        retention=Retention.PERMANENT,
    ),
)

KINDS: Final[Mapping[str, DocumentKind]] = {kind.name: kind for kind in _ALL}
"""Every kind by its name, in the order in which a case meets them."""

_NO_KIND: Final = Sentence(
    "没有“{kind}”这种文书；可用的有：{known}。", "There is no document “{kind}”; there are: {known}."
)


def find_kind(name: str) -> DocumentKind:
    """Return the kind of this name.

    Raises:
        NotFound: there is none; the sentence lists all.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise NotFound(_NO_KIND.fill(kind=name[:40], known="、".join(KINDS)))
    return kind
