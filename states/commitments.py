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

from states.case import changed
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
        "measures",
        "answers",
        "verdicts",
        "progress",
        "part",
        "rest",
    }
)
"""The fields that a policy may call personal: texts that no rule reads, or reads only to compare one with another."""

MARK: Final = "committed:"
"""How a commitment begins, for finding quickly whether a text holds one."""
SALT_BYTES: Final = 16
"""How long a salt is; all salts have this length, or a salt could lend its last letters to the value."""
TOKEN: Final = re.compile(r"committed:(?P<version>v2:)?(?P<algorithm>sha256|sm3):[0-9a-f]{64}")
_SALT: Final = re.compile(rf"[0-9a-f]{{{2 * SALT_BYTES}}}")
ERASED: Final = Sentence("（已依法删除）", "(erased as the law demands)")
LOOKS_LIKE_ONE: Final = Sentence(
    "“{name}”不能以“committed:”加哈希值的形式填写。", "“{name}” may not have the form of a commitment."
)


def commitment(algorithm: str, salt: str, value: str) -> str:
    """Return what stands for the value in an event: nobody who lacks the salt can guess the value from it.

    The salt has `SALT_BYTES` bytes, in hexadecimal, and goes in before the value as bytes: where it ends is fixed.

    Raises:
        ValueError: the salt is not one.
    """
    if _SALT.fullmatch(salt) is None:
        raise ValueError("a salt is 32 hexadecimal digits")
    return f"{MARK}v2:{algorithm}:{new(algorithm, bytes.fromhex(salt) + value.encode()).hexdigest()}"


def opens(token: str, salt: str, value: str) -> bool:
    """Say whether salt and value are those that the commitment stands for.

    Histories of before `v2` hashed `salt:value`. A salt of any length would let `ab:c` be opened as `ab` and `c`, or
    as nothing and `ab:c`; every salt that was ever made has the one length, so no other is accepted there either.
    """
    found = TOKEN.fullmatch(token)
    if found is None or _SALT.fullmatch(salt) is None:
        return False
    if found["version"]:
        return commitment(found["algorithm"], salt, value) == token
    return new(found["algorithm"], f"{salt}:{value}".encode()).hexdigest() == token.rpartition(":")[2]


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
    return {key: _committed(value, commit) if key in fields and value else value for key, value in data.items()}


COMMITTED_PARTS: Final = frozenset(
    {"fact", "criterion", "measure", "person", "answer", "no_evidence", "remark", "state"}
)
"""The parts of a record that are texts about somebody; numbers, days, choices and hashes of files stay as they are."""


def _committed(value: Any, commit: Callable[[str], str]) -> Any:  # noqa: ANN401  # data of an act
    if isinstance(value, str):
        return commit(value)
    if isinstance(value, list):
        return [_committed(item, commit) for item in value]
    if isinstance(value, dict):
        return {key: commit(part) if key in COMMITTED_PARTS and part else part for key, part in value.items()}
    return value


def shown(value: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401  # data of an act
    """Return the value with what was committed put back; what was erased says so."""
    if is_commitment(value):
        return values.get(value, ERASED.zh)
    if isinstance(value, (list, tuple)):
        return type(value)(shown(item, values) for item in value)
    if isinstance(value, dict):
        return {key: shown(item, values) for key, item in value.items()}
    return value


_IN_A_CASE: Final = ("finding", "criteria", "helpers")
_IN_AN_ITEM: Final = ("fact", "criterion", "measure", "person", "answer", "no_evidence", "remark", "progress")


def tokens_of_case(case: Case) -> tuple[str, ...]:
    """Return the commitments that the case holds."""
    words: list[str] = [case.finding, case.criteria, *case.helpers]
    words += [getattr(item, field) for item in case.items for field in _IN_AN_ITEM]
    found = [word for word in words if is_commitment(word)]
    if case.unsigned is not None:
        found += _tokens_of_data(case.unsigned.data)
    return tuple(found)


def _tokens_of_data(value: Any) -> list[str]:  # noqa: ANN401  # data of an act
    if isinstance(value, (list, tuple)):
        return [token for item in value for token in _tokens_of_data(item)]
    if isinstance(value, dict):
        return [token for item in value.values() for token in _tokens_of_data(item)]
    return [value] if is_commitment(value) else []


def shown_case(case: Case, values: Mapping[str, str]) -> Case:
    """Return the case with what was committed put back."""
    found: dict[str, Any] = {field: shown(getattr(case, field), values) for field in _IN_A_CASE}
    if case.items:
        found["items"] = tuple(
            replace(item, **{field: shown(getattr(item, field), values) for field in _IN_AN_ITEM})
            for item in case.items
        )
    if case.unsigned is not None:
        found["unsigned"] = replace(case.unsigned, data=shown(dict(case.unsigned.data), values))
    return changed(case, found)


def shown_event(event: Event, values: Mapping[str, str]) -> Event:
    """Return the event with what was committed put back; its hash is that of the one with the commitments."""
    return event._replace(data={key: shown(value, values) for key, value in event.data.items()})


def erased_in(events: Iterable[Event]) -> frozenset[str]:
    """Return the commitments whose content these events say is erased."""
    return frozenset(token for event in events for token in event.data.get("erased", ()))
