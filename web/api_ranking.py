"""The HTTP interface to the yearly ranking and to commendations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from programme.commendations import READERS as PRAISE_READERS
from states.commendation import CommendationState
from states.errors import NotPermitted, Sentence
from states.ranking import RankingAct
from states.terms import parse_date
from store.ids import LARGEST_ID
from web.api import api_router
from web.dependencies import Asker, Here, actor_of, reader_of
from web.openapi import problems
from wiring import now
from wiring.ranking_schemas import (
    CommendationDocument,
    CommendationsDocument,
    InterviewDocument,
    ObjectionDocument,
    ObjectionsDocument,
    RankingDocument,
    commendation_json,
    objection_json,
    ranking_json,
)

if TYPE_CHECKING:
    from datetime import date

    from wiring import Office

Year = Annotated[int, Path(ge=2000, le=2100)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Skip = Annotated[int, Query(ge=0, le=LARGEST_ID)]
Limit = Annotated[int, Query(ge=1, le=5000)]
_NOT_YOURS: Final = Sentence("您的角色不能查看表扬。", "Your role does not see commendations.")

router = api_router()


class RankingActing(BaseModel):
    """What is done to the ranking of a year. `on` is the day as of which it is computed, or on which it was done."""

    model_config = ConfigDict(extra="forbid")

    act: Literal["compute_ranking", "announce_ranking", "approve_ranking", "withdraw_ranking"]
    on: str | None = Field(default=None, examples=["2026-11-15"])
    reason: str = Field(default="", max_length=2000)
    seen: Annotated[int | None, Field(ge=1, le=LARGEST_ID, description="the ranking that was looked at, by its id")] = (
        None
    )


class Objecting(BaseModel):
    """What the caller's unit says against its score."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    on: str | None = Field(default=None, max_length=40, examples=["2026-11-20"])


class Answering(BaseModel):
    """The office's answer to an objection, with its reason."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    accepted: bool
    on: str | None = Field(default=None, max_length=40, examples=["2026-11-24"])


class Called(BaseModel):
    """The interview of one of the last units. `ranking` is the number of the document that approves the ranking."""

    model_config = ConfigDict(extra="forbid")

    unit: str = Field(min_length=1, max_length=200)
    post: str = Field(min_length=1, max_length=200)
    ranking: str = Field(min_length=1, max_length=200)
    on: str | None = None


class Praised(BaseModel):
    """A commendation to propose. `post` is empty for the unit as such."""

    model_config = ConfigDict(extra="forbid")

    unit: str = Field(min_length=1, max_length=200)
    post: str = Field(default="", max_length=200)
    text: Text
    on: str | None = None


class PraiseDecided(BaseModel):
    """The leader's decision: under the number of a document, or with the reason why not."""

    model_config = ConfigDict(extra="forbid")

    act: Literal["commend", "refuse_commendation"]
    document_number: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=2000)
    on: str | None = None


def _day(here: Office, text: str | None) -> date:
    return parse_date(text) if text else here.today(now())


@router.get("/rankings/{year:int}", tags=["year"], responses=problems(404, 409))
def read_ranking(year: Year, here: Here, person: Asker, skip: Skip = 0, limit: Limit = 100) -> RankingDocument:
    """Read the ranking of a year, as far as the caller may see it; each part names the events that it counts.

    `limit` of the units come, behind the first `skip`; `more` says whether there are others behind these.
    """
    shown = here.rankings.show(year, reader_of(person))
    found = ranking_json(shown.ranking, shown.rows[skip:][:limit])
    return {**found, "more": len(shown.rows) > skip + limit}


@router.post("/rankings/{year:int}/acts", tags=["year"], responses=problems(404, 409))
def act_on_ranking(year: Year, asked: RankingActing, here: Here, person: Asker) -> RankingDocument:
    """Compute, send, approve or return the ranking of a year. 409 with the sentence where the rules refuse."""
    room, actor, on, at = here.rankings, actor_of(person), _day(here, asked.on), now()
    act, reader = RankingAct(asked.act), reader_of(person)
    if act is RankingAct.COMPUTE:
        room.compute(year, on, actor, at, reader=reader)
    elif act is RankingAct.ANNOUNCE:
        room.announce(year, on, actor, at, reader=reader, seen=asked.seen)
    elif act is RankingAct.APPROVE:
        room.approve(year, on, actor, at, reader=reader, seen=asked.seen)
    else:
        # What is returned is not the ranking of the year any more, so the answer is what was returned.
        found = room.withdraw(year, asked.reason, on, actor, at, reader=reader, seen=asked.seen)
        return ranking_json(found, found.rows)
    shown = room.show(year, reader_of(person))
    return ranking_json(shown.ranking, shown.rows)


@router.get("/rankings/{year:int}/objections", tags=["year"], responses=problems(404, 409))
def read_objections(year: Year, here: Here, person: Asker) -> ObjectionsDocument:
    """Read the objections to the ranking of a year: a unit its own, the office those of its territory."""
    return {"objections": [objection_json(one) for one in here.rankings.show(year, reader_of(person)).objections]}


@router.post("/rankings/{year:int}/objections", status_code=201, tags=["year"], responses=problems(404, 409))
def object_to_ranking(year: Year, asked: Objecting, here: Here, person: Asker) -> ObjectionDocument:
    """Object to the score of the caller's own unit, while objections are open; its head or liaison does."""
    room, on = here.rankings, _day(here, asked.on)
    room.show(year, reader_of(person))
    return objection_json(room.object_to(year, person.unit, asked.text, on, actor_of(person), now(), once=True))


@router.post("/rankings/{year:int}/objections/{objection_id:int}/answer", tags=["year"], responses=problems(404, 409))
def answer_objection(
    year: Year,
    objection_id: Annotated[int, Path(ge=1, le=LARGEST_ID)],
    asked: Answering,
    here: Here,
    person: Asker,
) -> ObjectionDocument:
    """Answer an objection, once, with the reason; the director of the office does."""
    room, on = here.rankings, _day(here, asked.on)
    room.show(year, reader_of(person))
    actor, reader, accepted = actor_of(person), reader_of(person), asked.accepted
    return objection_json(
        room.answer(year, objection_id, asked.text, on, actor, now(), accepted=accepted, reader=reader)
    )


@router.post("/rankings/interviews", status_code=201, tags=["year"], responses=problems(409))
def start_interview(asked: Called, response: Response, here: Here, person: Asker) -> InterviewDocument:
    """Start the interview of one of the last units of the approved ranking; the leader does."""
    data = {"unit": asked.unit, "post": asked.post, "ranking": asked.ranking}
    done = here.rankings.interview(data, _day(here, asked.on), actor_of(person), now(), reader=reader_of(person))
    response.headers["Location"] = f"/api/v1/cases/{done.case.id}"
    return {"case_id": done.case.id, "number": done.case.number}


@router.get("/commendations", tags=["year"], responses=problems(409))
def read_commendations(
    here: Here,
    person: Asker,
    unit: Annotated[str, Query(max_length=200)] = "",
    state: CommendationState | None = None,
) -> CommendationsDocument:
    """Read the commendations, of one unit or in one state; for the office's own people."""
    if person.role not in PRAISE_READERS:
        raise NotPermitted(_NOT_YOURS)
    found = [
        one
        for one in here.commendations.seen(reader_of(person))
        if unit in ("", one.unit) and state in (None, one.state)
    ]
    return {"commendations": [commendation_json(one) for one in found]}


@router.post("/commendations", status_code=201, tags=["year"], responses=problems(404, 409))
def propose(asked: Praised, here: Here, person: Asker) -> CommendationDocument:
    """Propose to commend a unit or a post."""
    on = _day(here, asked.on)
    return commendation_json(
        here.commendations.propose(
            asked.unit, asked.post, asked.text, on, actor_of(person), now(), reader=reader_of(person), once=True
        )
    )


@router.post("/commendations/{commendation_id:int}/acts", tags=["year"], responses=problems(404, 409))
def decide(
    commendation_id: Annotated[int, Path(ge=1, le=LARGEST_ID)], asked: PraiseDecided, here: Here, person: Asker
) -> CommendationDocument:
    """Commend under the number of a paper written outside, or refuse to; the leader does, once."""
    room, on = here.commendations, _day(here, asked.on)
    room.open(commendation_id, reader_of(person))
    if asked.act == "commend":
        found = room.commend(commendation_id, asked.document_number, on, actor_of(person), now())
    else:
        found = room.refuse(commendation_id, asked.reason, on, actor_of(person), now())
    return commendation_json(found)
