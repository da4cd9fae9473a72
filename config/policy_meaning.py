"""What a policy means, in canonical form: its hash, and in which keys two policies differ."""

from __future__ import annotations

from dataclasses import fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from states.policy import ExtensionRule, Limit, OnMissed, Policy, Practice, Reminder, Rung
from states.sealing import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping


def differences(a: Policy, b: Policy) -> list[tuple[str, str, str]]:
    """Return every key in which two policies differ, with its value in `a` and in `b`; "—" where one has none."""
    left, right = _flat("", _plain(_content(a))), _flat("", _plain(_content(b)))
    keys = dict.fromkeys((*left, *right))
    return [
        (key, left.get(key, "—"), right.get(key, "—"))
        for key in keys
        if key != "hash" and left.get(key) != right.get(key)
    ]


def meaning(policy: Policy) -> str:
    """Return the policy's meaning in canonical JSON; its SHA-256 is the policy's hash."""
    return canonical(_plain({key: value for key, value in _content(policy).items() if key != "hash"}))


_LATER: Final[Mapping[str, Any]] = {
    "personal": frozenset(),
    "retention": None,
    "practice": Practice(),
    "confirm_after_gap": 3,
    "contacts_per_month": 4,
}


def is_said(key: str, value: Any) -> bool:  # noqa: ANN401  # any value of a policy
    """Say whether the key counts in the hash: a policy of before it existed has the hash that it always had."""
    return key not in _LATER or value != _LATER[key]


def _content(policy: Policy) -> dict[str, Any]:
    found = {field.name: getattr(policy, field.name) for field in fields(policy)}
    return {key: value for key, value in found.items() if is_said(key, value)}


def _flat(prefix: str, value: Any) -> dict[str, str]:  # noqa: ANN401  # walks any value
    if isinstance(value, dict):
        found: dict[str, str] = {}
        for key, item in value.items():
            found |= _flat(f"{prefix}.{key}" if prefix else key, item)
        return found
    if isinstance(value, list):
        return {
            prefix: " ".join(
                " ".join(item.values()) if isinstance(item, dict) else str(item) for item in map(_words, value)
            )
        }
    return {prefix: str(value)}


def _words(item: Any) -> Any:  # noqa: ANN401  # an element of a list
    return {key: f"{key}={value}" for key, value in item.items()} if isinstance(item, dict) else item


def meaning_hash(draft: dict[str, Any]) -> str:
    """Return the hash of the meaning, so that a comment or the order of keys changes nothing."""
    return sha256(canonical(_plain(draft)).encode()).hexdigest()


def _plain(value: Any) -> Any:  # noqa: ANN401  # walks any value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (Rung, OnMissed, Reminder, Limit, ExtensionRule, Practice)):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value if value is None or isinstance(value, (bool, int)) else str(value)
