"""Structured logs of what the office did: which case, which act, how long. Never what a case says, or about whom."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Final

from pythonjsonlogger.json import JsonFormatter

if TYPE_CHECKING:
    from typing import TextIO

LOG: Final = logging.getLogger("duban")
FIELDS: Final = ("case_id", "act", "outcome", "milliseconds", "fired", "failed", "sent", "held", "trace_id")
"""The only fields that are ever written. What is not here cannot slip into a log."""


class _Text(logging.Formatter):
    """One line for people: the message, then the fields that are there."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = " ".join(f"{name}={getattr(record, name)}" for name in FIELDS if hasattr(record, name))
        return f"{super().format(record)} {fields}".rstrip()


def configure(kind: str, stream: TextIO | None = None) -> None:
    """Let this process write its logs to a stream, stderr if none is given; repeating replaces the one before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    if kind == "json":
        names = {"asctime": "at", "levelname": "level"}
        handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(message)s", rename_fields=names))
    else:
        handler.setFormatter(_Text("%(asctime)s %(levelname)s %(message)s"))
    LOG.handlers[:] = [handler]
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def note(message: str, **fields: str | float | None) -> None:
    """Write one line, if this process was told to.

    Raises:
        KeyError: a field is not among those that may be written.
    """
    for name in fields:
        if name not in FIELDS:
            raise KeyError(name)
    if LOG.handlers:
        LOG.info(message, extra={name: value for name, value in fields.items() if value is not None})
