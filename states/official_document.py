"""The life of an official document: a second, small table beside the case's, executed by the same library.

A draft may be changed until it is signed. The signature takes the number; what was signed is issued or made void, and a
void number is never given again. What is issued does not change any more.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from transitions import Machine, MachineError

from states.errors import NoSuchAct, Sentence
from states.vocabulary import Act

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from states.case import Event


class Status(StrEnum):
    """Where a document stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    SIGNED = "signed"
    ISSUED = "issued"
    SERVED = "served"
    VOID = "void"


class Step(StrEnum):
    """What moves a document on."""

    CHANGE = "change"
    UPLOAD = "upload"
    SUBMIT = "submit"
    REVIEW = "review"
    RETURN = "return"
    SIGN = "sign"
    ISSUE = "issue"
    SERVE = "serve"
    SCAN = "scan"
    VOID = "void"


STATUS_NAMES: Final[Mapping[Status, tuple[str, str]]] = {
    Status.DRAFT: ("草稿", "draft"),
    Status.SUBMITTED: ("已送审", "submitted"),
    Status.REVIEWED: ("已核稿，待签发", "reviewed, waiting for signature"),
    Status.SIGNED: ("已签发", "signed"),
    Status.ISSUED: ("已印发", "issued"),
    Status.SERVED: ("已送达", "served"),
    Status.VOID: ("已作废", "void"),
}
STEP_NAMES: Final[Mapping[Step, tuple[str, str]]] = {
    Step.CHANGE: ("修改", "change"),
    Step.UPLOAD: ("上传修改稿", "upload an edited file"),
    Step.SUBMIT: ("送审", "submit for signature"),
    Step.REVIEW: ("核稿通过", "pass the review"),
    Step.RETURN: ("退回", "return"),
    Step.SIGN: ("签发", "sign"),
    Step.ISSUE: ("印发", "issue"),
    Step.SERVE: ("送达", "serve"),
    Step.SCAN: ("存入扫描件", "keep the scan"),
    Step.VOID: ("作废", "make void"),
}
TABLE: Final = (
    (Step.CHANGE, Status.DRAFT, Status.DRAFT),
    (Step.UPLOAD, Status.DRAFT, Status.DRAFT),
    (Step.SUBMIT, Status.DRAFT, Status.SUBMITTED),
    (Step.REVIEW, Status.SUBMITTED, Status.REVIEWED),
    (Step.RETURN, Status.SUBMITTED, Status.DRAFT),
    (Step.RETURN, Status.REVIEWED, Status.DRAFT),
    (Step.SIGN, Status.DRAFT, Status.SIGNED),
    (Step.SIGN, Status.SUBMITTED, Status.SIGNED),
    (Step.SIGN, Status.REVIEWED, Status.SIGNED),
    (Step.ISSUE, Status.SIGNED, Status.ISSUED),
    (Step.SERVE, Status.ISSUED, Status.SERVED),
    (Step.SCAN, Status.SIGNED, Status.SIGNED),
    (Step.SCAN, Status.ISSUED, Status.ISSUED),
    (Step.SCAN, Status.SERVED, Status.SERVED),
    (Step.VOID, Status.DRAFT, Status.VOID),
    (Step.VOID, Status.SUBMITTED, Status.VOID),
    (Step.VOID, Status.REVIEWED, Status.VOID),
    (Step.VOID, Status.SIGNED, Status.VOID),
)
"""The whole life of a document: the step, where from, where to."""

UNSIGNED: Final = frozenset({Status.DRAFT, Status.SUBMITTED, Status.REVIEWED})
"""Where what it says is not fixed yet."""

IN_HISTORY: Final = frozenset({Step.SIGN, Step.ISSUE, Step.SERVE, Step.SCAN, Step.VOID})
"""Steps that the history of the case tells; a draft is an internal opinion, not for the unit (docs/domain.md §2.7)."""

_MACHINE: Final = Machine(
    model=None,
    states=[status.value for status in Status],
    transitions=[[step.value, source.value, dest.value] for step, source, dest in TABLE],
    initial=Status.DRAFT.value,
    auto_transitions=False,
)
_CANNOT: Final = Sentence(
    "该文书现为“{status}”，不能{step}。", "The document is “{status}”; it is too late or too early to {step}."
)


class _DocumentCursor:
    """What the machine moves: a place and nothing else, as in `states.decision`."""

    def __init__(self, state: Status) -> None:
        self.state = state.value


def moved(status: Status, step: Step) -> Status:
    """Return where the step leads.

    Raises:
        NoSuchAct: the document cannot do that from where it is.
    """
    cursor = _DocumentCursor(status)
    try:
        _MACHINE.events[step.value].trigger(cursor)
    except MachineError as error:
        names = {"status": Sentence(*STATUS_NAMES[status]), "step": Sentence(*STEP_NAMES[step])}
        raise NoSuchAct(_CANNOT.fill(**names)) from error
    return Status(cursor.state)


class OfficialDocument(NamedTuple):
    """A document as the history of its case tells it: from its signature on."""

    id: int
    kind: str
    status: Status
    number: str
    template_version: str
    file: str


def evolve_document(before: OfficialDocument | None, data: Mapping[str, Any]) -> OfficialDocument:
    """Return the document after one step that the history tells."""
    status = before.status if before is not None else Status.DRAFT
    return OfficialDocument(
        id=data["document"],
        kind=data["kind"],
        status=moved(status, Step(data["step"])),
        number=data.get("number", "") or (before.number if before else ""),
        template_version=data.get("template_version", "") or (before.template_version if before else ""),
        file=data.get("file", "") or (before.file if before else ""),
    )


def fold_documents(events: Iterable[Event]) -> dict[int, OfficialDocument]:
    """Return the documents that these events of a case tell of, by their ids."""
    found: dict[int, OfficialDocument] = {}
    for event in events:
        if event.act is Act.DOCUMENT_MOVED:
            id_ = event.data["document"]
            found[id_] = evolve_document(found.get(id_), event.data)
    return found
