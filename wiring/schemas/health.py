"""The JSON of what machines ask of the health of an installation."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class LiveDocument(TypedDict):
    """That the process answers."""

    live: bool


class ReadyDocument(TypedDict):
    """Whether requests can be served, and why not."""

    ready: bool
    database: bool
    migrated: bool
    reason: NotRequired[str]


class TimeKeptDocument(TypedDict):
    """Whether every deadline has its next step, and whether one was missed."""

    ok: bool
    open_deadlines: int
    waiting_timers: int
    missed: int
    held: int
    last_sweep_at: str | None
    messages: dict[str, int]
    messages_left_behind: int
    without_next_step: int
    sweep_stopped: bool
    stuck_runs: int
