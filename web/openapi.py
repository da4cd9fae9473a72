"""What OpenAPI says of the problems that requests come to, by status; answers are described in `wiring.schemas`."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

PROBLEM_TYPE: Final = "application/problem+json"


class ProblemDocument(BaseModel):
    """A problem as RFC 9457 describes it; `detail` is the rule's sentence in the language that was asked for."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Refused"])
    status: int = Field(ge=400, le=599, examples=[409])
    detail: str = Field(examples=["整改期限尚未届满，不能通报批评。"])
    code: str | None = Field(default=None, examples=["not_permitted"])


_PROBLEMS: Final = {
    400: ("BadData", "the request cannot be read", "请求不能处理（400）。"),
    401: ("NotLoggedIn", "nobody known asks", "请先登录，或在 Authorization 中给出有效的令牌（duban user token）。"),
    403: (
        "NotPermitted",
        "the token does not reach so far, or a one-time password must be changed first",
        "令牌的权限不包括此项操作。",
    ),
    404: ("NotFound", "there is nothing here that the caller may see", "没有编号为 17 的案件。"),
    408: ("TooSlow", "the request did not arrive in time", "提交的内容没有在规定时间内送达，没有办理。"),
    409: ("Refused", "the rules refuse, or somebody was faster", "整改期限尚未届满，不能通报批评。"),
    412: ("Stale", "the case is no longer the one that the caller saw", "案件已被他人更改，请重新查看后再办理。"),
    413: ("TooLarge", "the request is larger than this caller may send", "提交的内容过大（最多 64 KiB），没有办理。"),
    422: ("BadData", "a field is missing or makes no sense", "日期“2026-02-30”不可识别，应为 2026-03-05。"),
    429: ("TooMany", "the caller asks too often; `Retry-After` says when to ask again", "请求过于频繁，请稍后再试。"),
    503: ("Unavailable", "the database does not answer", "数据库暂时不可用，未作任何更改，请稍后再试。"),
}
EVERYWHERE: Final = (400, 401, 403, 408, 413, 422, 429, 503)
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
