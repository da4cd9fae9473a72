"""What OpenAPI says of the answers of the HTTP interface is what is sent, no field more and none less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from config.policy import FOLDER
from states.vocabulary import Act, Role
from tests.support.callers import FINDING, Door
from tests.support.offices import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench

FILES: Final = ("/file",)
"""How the addresses of files end: their answers are no JSON."""
POLICY: Final = (FOLDER / "sichuan-2017.toml").read_text("utf-8")


@pytest.fixture
def door(bench: Bench) -> Iterator[Door]:
    found = Door(bench)
    found.person("officer", Role.HANDLER)
    found.person("director", Role.DIRECTOR)
    yield found
    found.client.close()


def _operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return path, method and description of every answer that is JSON: no file, and not `/metrics`."""
    return [
        (path, method, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if path != "/metrics" and not path.endswith(FILES)
    ]


def _schema(operation: dict[str, Any]) -> dict[str, Any]:
    good = next(code for code in operation["responses"] if code.startswith("2"))
    found: dict[str, Any] = operation["responses"][good]["content"]["application/json"]["schema"]
    return found


def _undescribed(value: Any, schema: dict[str, Any], known: dict[str, Any], where: str = "") -> list[str]:
    """Return where the value holds something of which the schema does not speak, or lacks what it promises."""
    if "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        fitting = [_undescribed(value, option, known, where) for option in schema["anyOf"] if _is_of(value, option)]
        return min(fitting, key=len, default=[f"{where}: {value!r} is of no type that is described"])
    if isinstance(value, list):
        return [wrong for item in value for wrong in _undescribed(item, schema["items"], known, f"{where}[]")]
    if not isinstance(value, dict) or schema.get("additionalProperties") is True:
        return [] if _is_of(value, schema) else [f"{where}: {value!r} is no {schema.get('type')}"]
    if isinstance(schema.get("additionalProperties"), dict):
        more = schema["additionalProperties"]
        return [wrong for key, item in value.items() for wrong in _undescribed(item, more, known, f"{where}.{key}")]
    described = schema.get("properties", {})
    found = [f"{where}.{key} is sent and not described" for key in value if key not in described]
    found += [f"{where}.{key} is promised and not sent" for key in schema.get("required", ()) if key not in value]
    for key, item in value.items():
        found += _undescribed(item, described.get(key, {"additionalProperties": True}), known, f"{where}.{key}")
    return found


_TYPES: Final[dict[str, type]] = {
    "null": type(None),
    "string": str,
    "boolean": bool,
    "integer": int,
    "array": list,
    "object": dict,
}


def _is_of(value: Any, schema: dict[str, Any]) -> bool:
    wanted = _TYPES.get(schema.get("type", ""))
    if wanted is None:
        return value is not None
    return isinstance(value, wanted) and (wanted is not int or not isinstance(value, bool))


def test_every_answer_is_described(door: Door) -> None:
    operations = _operations(door.client.get("/api/v1/openapi.json").json())
    assert len(operations) >= 15
    assert [path for path, _method, operation in operations if not _schema(operation)] == []


def test_every_answer_is_what_openapi_describes_no_field_more_and_none_less(door: Door) -> None:
    case = door.ask("officer", "POST", "/cases", json=FINDING).json()["id"]
    door.bench.act(case, Act.SERVE_ORDER, "02-06", term="15wd")
    door.bench.sweep("03-12")  # the term was missed: events of time, messages and another light are there
    door.bench.office.signing.checkpoint(at("03-12"))
    described = door.client.get("/api/v1/openapi.json").json()
    bodies: dict[str, Any] = {
        "/api/v1/cases": FINDING,
        "/api/v1/cases/{case_id}/acts": {"act": "record_help", "data": {"note": "x"}},
        "/api/v1/policies/whatif": {"draft": POLICY, "from": "2026-01-01", "to": f"{door.bench.office.today()}"},
    }
    walked = 0
    wrong: list[str] = []
    for path, method, operation in _operations(described):
        if "{" in path.replace("{case_id}", "") or (method != "get" and path not in bodies):
            continue  # things of other rooms, whose own tests read their answers
        walked += 1
        who = "director" if "audit" in path or "whatif" in path else "officer"
        answer = door.client.request(
            method,
            path.replace("{case_id}", str(case)),
            headers={"Authorization": f"Bearer {door.tokens[who]}"},
            json=bodies.get(path) if method == "post" else None,
            params={"start": "2026-02-06", "term": "15wd"} if path.endswith("/terms") else {},
        )
        # Nobody sweeps here, so that health says with 503 that time stands still, in the same words.
        assert answer.is_success or path == "/health/deadlines", (method, path, answer.text)
        wrong += _undescribed(answer.json(), _schema(operation), described["components"]["schemas"], f"{method} {path}")
    assert wrong == []
    assert walked > 20
