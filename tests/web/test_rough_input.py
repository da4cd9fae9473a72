"""Whatever is thrown at the door, it answers with a sentence, never with a crash."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from states.fields import FIELDS
from states.vocabulary import Act, Role
from tests.support.callers import FINDING, Door
from tests.support.offices import UNIT, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.databases import Databases

rough_text = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["\x00", "\ud800", "' OR 1=1 --", "%", "_", "\\", "9" * 40, "-1", "1e9"]),
    st.sampled_from(["2026-13-45", "<2026-03-01", "<0001-01-01", "9999-12-31", "3650d", "0001-01-01", "120m"]),
)
rough = st.one_of(
    rough_text,
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.lists(rough_text, max_size=3),
    st.dictionaries(rough_text, rough_text, max_size=2),
)


@pytest.fixture(scope="module")
def door(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    url = databases.fresh("postgresql")
    with Bench(url, tmp_path_factory.mktemp("rough")) as bench:
        found = Door(bench)
        found.person("officer", Role.HANDLER)
        found.person("director", Role.DIRECTOR)
        found.person("head", Role.HEAD, UNIT)
        case = found.ask("officer", "POST", "/cases", json=FINDING).json()["id"]
        found.ask("officer", "POST", f"/cases/{case}/acts", json={"act": "serve_order", "on": "2026-02-06"})
        yield found
        found.client.close()
    databases.drop(url)


def _answered(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    act=st.sampled_from([str(act) for act in Act]),
    on=rough_text,
    data=st.dictionaries(st.sampled_from(sorted({name for act in Act for name in FIELDS[act]})), rough, max_size=4),
    who=st.sampled_from(["officer", "director", "head"]),
)
def test_rough_acts_are_answered(door: Door, act: str, on: str, data: dict[str, Any], who: str) -> None:
    for day in (on, "2026-02-10"):
        _answered(_post(door, who, "/cases/1/acts", {"act": act, "on": day, "data": data}))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=st.fixed_dictionaries(dict.fromkeys(FINDING, rough)), key=rough_text)
def test_rough_findings_are_answered(door: Door, body: dict[str, Any], key: str) -> None:
    _answered(_post(door, "officer", "/cases", body))
    good = {name: value if isinstance(value, str) else FINDING[name] for name, value in body.items()}
    _answered(_post(door, "officer", "/cases", good | {"duty": "art7-1a", "inspection": "regular", "on": "2026-01-28"}))
    if key.isascii() and key.isprintable():
        _answered(_post(door, "officer", "/cases", FINDING, headers={"Idempotency-Key": key, "If-Match": key}))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(value=rough_text)
def test_rough_addresses_are_answered(door: Door, value: str) -> None:
    clean = value.encode("utf-8", "replace").decode()
    for path, names in (
        ("/cases", ("state", "light", "unit", "due_before", "q", "cursor", "limit")),
        ("/cases/1/replay", ("at",)),
        ("/events", ("after", "limit")),
        ("/terms", ("start", "term", "basis")),
    ):
        for name in names:
            _answered(door.ask("officer", "GET", path, params={"start": "2026-02-06", "term": "15wd"} | {name: clean}))
    for path in ("/cases/0", "/cases/-1", f"/cases/{2**40}", "/cases/x", "/cases/1/nothing"):
        _answered(door.ask("officer", "GET", path))


def _post(door: Door, who: str, path: str, body: object, headers: dict[str, str] | None = None) -> Any:
    content = json.dumps(body).encode()
    return door.ask(who, "POST", path, content=content, headers={"Content-Type": "application/json"} | (headers or {}))
