"""The JSON of checkpoints and of a verification."""

from __future__ import annotations

from typing_extensions import TypedDict


class CheckpointDocument(TypedDict):
    """A signed statement of how long the history was and what its root was."""

    size: int
    root: str
    note: str
    signed_at: str


class CheckpointsDocument(TypedDict):
    """The signed states of the history, and the keys that signed them."""

    checkpoints: list[CheckpointDocument]
    keys: list[str]


class VerdictDocument(TypedDict):
    """Whether the whole history holds, and if not, the first place where it does not."""

    ok: bool
    events: int
    first_wrong: str | None
