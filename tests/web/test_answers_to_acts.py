"""What the HTTP interface answers to an act: the event as it was sealed, the same again, or one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from states.vocabulary import Role
from tests.support.callers import FINDING, Door

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench


@pytest.fixture
def office_door(sqlite_bench: Bench) -> Iterator[Door]:
    door = Door(sqlite_bench)
    door.person("officer", Role.HANDLER)
    door.person("director", Role.DIRECTOR)
    yield door
    door.client.close()


def test_the_event_in_the_answer_is_the_one_that_was_sealed_and_the_same_when_asked_again(office_door: Door) -> None:
    number = office_door.ask("officer", "POST", "/cases", json=FINDING | {"unit": "临溪市甲局"}).json()["id"]
    path = f"/cases/{number}/acts"
    office_door.ask("director", "POST", path, json={"act": "approve_order"})
    order = {"act": "serve_order", "data": {"term": "15wd"}}
    once = {"Idempotency-Key": "order-1"}
    first = office_door.ask("officer", "POST", path, json=order, headers=once).json()
    again = office_door.ask("officer", "POST", path, json=order, headers=once).json()
    assert again["event"] == first["event"]
    # The unit has no superior on record, which is noted only while the event is applied.
    assert first["event"]["data"]["no_superior"] is True
    sealed = office_door.ask("officer", "GET", f"/cases/{number}/events").json()["events"][-1]
    assert (sealed["data"], sealed["hash"]) == (first["event"]["data"], first["event"]["hash"])


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "请求有误：“body.act”没有填写。"),
        ({"act": "urge", "data": [1]}, "请求有误：“body.data”应为 JSON 对象。"),
    ],
)
def test_a_request_of_the_wrong_form_is_told_in_the_language_of_the_office(
    office_door: Door, body: dict[str, object], sentence: str
) -> None:
    number = office_door.ask("officer", "POST", "/cases", json=FINDING).json()["id"]
    answer = office_door.ask("officer", "POST", f"/cases/{number}/acts", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (422, sentence)
