"""Personal data in events: sealed as salted hashes, so that the content can be erased and every proof still holds.

An event keeps a commitment in the place of a name or of the finding; the content stands in a table of its own, and is
put back wherever somebody reads. Who erases it there leaves no event, hash or proof changed.

Source: 个人信息保护法 art. 47 (erasure at the end of retention), ADR 0018.
"""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import new
from typing import TYPE_CHECKING, Any, Final

from states.errors import Sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from states.case import Case, Event

FIELDS_THAT_MAY_BE: Final = frozenset(
    {
        "finding",
        "criteria",
        "note",
        "source",
        "signed_by",
        "verifiers",
        "helpers",
        "what",
        "interviewee",
        "convenor",
        "recorders",
        "views",
        "correction",
        "help_contact",
        "items",
    }
)
"""The fields that a policy may call personal: texts that no rule reads, or reads only to compare one with another."""

MARK: Final = "committed:"
"""How a commitment begins, for finding quickly whether a text holds one."""
SALT_BYTES: Final = 16
TOKEN: Final = re.compile(r"committed:(?P<algorithm>sha256|sm3):[0-9a-f]{64}")
ERASED: Final = Sentence("（已依法删除）", "(erased as the law demands)")
LOOKS_LIKE_ONE: Final = Sentence(
    "“{name}”不能以“committed:”加哈希值的形式填写。", "“{name}” may not have the form of a commitment."
)


def commitment(algorithm: str, salt: str, value: str) -> str:
    """Return what stands for the value in an event: nobody who lacks the salt can guess the value from it."""
    return f"{MARK}{algorithm}:{new(algorithm, f'{salt}:{value}'.encode()).hexdigest()}"


def algorithm_of(token: str) -> str:
    """Return the hash function that a commitment names."""
    return token.split(":")[1]


def is_commitment(value: object) -> bool:
    """Say whether the value is a commitment."""
    return isinstance(value, str) and value.startswith(MARK) and TOKEN.fullmatch(value) is not None


def tokens_in(text: str) -> Iterator[str]:
    """Yield the commitments in a text, such as the data of an event."""
    if MARK in text:
        for found in TOKEN.finditer(text):
            yield found[0]


def committed(data: Mapping[str, Any], fields: Collection[str], commit: Callable[[str], str]) -> dict[str, Any]:
    """Return the data with a commitment in the place of every text, or every text of a list, in these fields."""
    return {
        key: (
            commit(value)
            if isinstance(value, str)
            else [commit(item) if isinstance(item, str) else item for item in value]
            if isinstance(value, list)
            else value
        )
        if key in fields and value
        else value
        for key, value in data.items()
    }


def shown(value: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401  # data of an act
    """Return the value with what was committed put back; what was erased says so."""
    if is_commitment(value):
        return values.get(value, ERASED.zh)
    if isinstance(value, (list, tuple)):
        return type(value)(shown(item, values) for item in value)
    return value


_IN_A_CASE: Final = ("finding", "criteria", "helpers")


def tokens_of_case(case: Case) -> tuple[str, ...]:
    """Return the commitments that the case holds."""
    return tuple(word for word in (case.finding, case.criteria, *case.helpers) if is_commitment(word))


def shown_case(case: Case, values: Mapping[str, str]) -> Case:
    """Return the case with what was committed put back."""
    return replace(case, **{field: shown(getattr(case, field), values) for field in _IN_A_CASE})


def shown_event(event: Event, values: Mapping[str, str]) -> Event:
    """Return the event with what was committed put back; its hash is that of the one with the commitments."""
    return event._replace(data={key: shown(value, values) for key, value in event.data.items()})


def erased_in(events: Iterable[Event]) -> frozenset[str]:
    """Return the commitments whose content these events say is erased."""
    return frozenset(token for event in events for token in event.data.get("erased", ()))
