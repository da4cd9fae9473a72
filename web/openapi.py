"""What OpenAPI says of the documents of the HTTP interface: their shapes, examples, and the problems by status.

The shapes themselves are made in `wiring.schemas`; these describe them, and `tests/web/test_schemathesis.py` holds them
to it. Documents may grow: readers take what they know and leave the rest.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

PROBLEM_TYPE: Final = "application/problem+json"


class Document(BaseModel):
    """Whatever is answered; it may hold more than is described."""

    model_config = ConfigDict(extra="allow")


class ProblemDocument(Document):
    """A problem as RFC 9457 describes it; `detail` is the rule's sentence in the language that was asked for."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Refused"])
    status: int = Field(ge=400, le=599, examples=[409])
    detail: str = Field(examples=["整改期限尚未届满，不能通报批评。"])
    code: str | None = Field(default=None, examples=["not_permitted"])


class PolicyDocument(Document):
    """The policy that a case goes by."""

    name: str = Field(examples=["sichuan-2017"])
    hash: str = Field(examples=["9f2c"])


class DeadlineDocument(Document):
    """A running deadline; `started_on` itself is not counted, `due_on` is the last day."""

    kind: str = Field(examples=["rectification"])
    due_on: str = Field(examples=["2026-03-05"])
    provisional: bool
    basis: str
    term: str = Field(examples=["15wd"])
    started_on: str = Field(examples=["2026-02-06"])


class StepDocument(Document):
    """One day of a count, and why it counts or does not."""


class TracedDocument(DeadlineDocument):
    """A running deadline with its day-by-day count."""

    trace: list[StepDocument]


class CaseDocument(Document):
    """A case as the caller may read it; of a sealed one the texts are empty."""

    id: int = Field(examples=[17])
    number: str = Field(examples=["临法督〔2026〕17号"])
    state: str = Field(examples=["ordered_to_rectify"])
    phase: str = Field(examples=["planning"])
    light: str = Field(examples=["green"])
    overlays: list[str]
    unit: str = Field(examples=["临溪市文化和旅游局"])
    post: str = Field(examples=["局长"])
    duty: str = Field(examples=["art7-1a"])
    inspection: str = Field(examples=["regular"])
    finding: str = Field(examples=["年度工作计划未列入法治建设内容"])
    opened_on: str = Field(examples=["2026-01-28"])
    deadlines: list[DeadlineDocument]
    version: int = Field(ge=1, examples=[2])
    confidentiality: str = Field(
        examples=["internal"], description="`public`, `internal` or `work_secret`, which few may see"
    )
    policy: PolicyDocument


class ActorDocument(Document):
    """Who acted; without the name where the caller may not know it."""

    user: str
    role: str
    unit: str


class EventDocument(Document):
    """An event, with the hash that seals it; `seq` is its place in the history of the office."""

    seq: int | None
    case_id: int
    case_seq: int
    act: str = Field(examples=["serve_order"])
    occurred_on: str = Field(examples=["2026-02-06"])
    recorded_at: str
    actor: ActorDocument
    data: dict[str, Any]
    from_state: str | None
    to_state: str
    policy_hash: str
    calendar_hash: str
    prev_hash: str | None
    hash: str


class OpenedDocument(CaseDocument):
    """The new case and its first event."""

    event: EventDocument


class CasesDocument(Document):
    """A page of the list; `next` is the cursor of the next page, if there is one."""

    cases: list[CaseDocument]
    next: str | None


class DoneDocument(Document):
    """What an act came to."""

    event: EventDocument
    case: CaseDocument


class RefusedDocument(Document):
    """An act that is refused now, and the sentence why."""

    act: str
    reason: str


class AllowedDocument(Document):
    """What the caller may do now with the fields that it takes, and why not the rest."""

    allowed: list[str]
    refused: list[RefusedDocument]
    fields: dict[str, list[dict[str, Any]]]


class HistoryDocument(Document):
    """Events in their order."""

    events: list[EventDocument]


class FeedDocument(HistoryDocument):
    """Events in the order of the history; go on from `next`."""

    next: int


class DeadlinesDocument(Document):
    """The running deadlines."""

    deadlines: list[TracedDocument]


class ReplayDocument(Document):
    """The case as it stood."""

    case: CaseDocument
    events: list[EventDocument]


class TermDocument(Document):
    """A reckoned deadline."""

    due_on: str = Field(examples=["2026-03-05"])
    provisional: bool
    basis: str
    term: str = Field(examples=["15wd"])
    trace: list[StepDocument]


class CheckpointsDocument(Document):
    """The signed states of the history, and the keys that signed them."""

    checkpoints: list[dict[str, Any]]


class VerdictDocument(Document):
    """Whether the whole history holds, and if not, the first place where it does not."""

    ok: bool
    events: int
    first_wrong: str | None


_PROBLEMS: Final = {
    400: ("BadData", "the request cannot be read", "请求不能处理（400）。"),
    401: ("NotLoggedIn", "nobody known asks", "请先登录，或在 Authorization 中给出有效的令牌（duban user token）。"),
    403: ("NotPermitted", "the token does not reach so far", "令牌的权限不包括此项操作。"),
    404: ("NotFound", "there is nothing here that the caller may see", "没有编号为 17 的案件。"),
    409: ("Refused", "the rules refuse, or somebody was faster", "整改期限尚未届满，不能通报批评。"),
    412: ("Stale", "the case is no longer the one that the caller saw", "案件已被他人更改，请重新查看后再办理。"),
    422: ("BadData", "a field is missing or makes no sense", "日期“2026-02-30”不可识别，应为 2026-03-05。"),
    429: ("TooMany", "the caller asks too often; `Retry-After` says when to ask again", "请求过于频繁，请稍后再试。"),
    503: ("Unavailable", "the database does not answer", "数据库暂时不可用，未作任何更改，请稍后再试。"),
}
EVERYWHERE: Final = (400, 401, 403, 422, 429, 503)
"""What any request may come to."""


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of these problems, each with an example."""
    return {
        code: {
            "description": meaning,
            "model": ProblemDocument,
            "content": {
                PROBLEM_TYPE: {
                    "schema": {"$ref": "#/components/schemas/ProblemDocument"},
                    "example": {"type": "about:blank", "title": title, "status": code, "detail": sentence},
                }
            },
        }
        for code, (title, meaning, sentence) in _PROBLEMS.items()
        if code in codes
    }


def kept(openapi: dict[str, Any]) -> dict[str, Any]:
    """Return the description with problems as problems alone; FastAPI adds them as plain JSON too, wrongly."""
    for path in openapi["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                if PROBLEM_TYPE in answer.get("content", {}):
                    answer["content"].pop("application/json", None)
    return openapi
