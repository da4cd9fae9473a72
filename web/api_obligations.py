"""The HTTP interface of the year's obligations: the twins of `duban obligation …`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from states.obligation import ObligationState
from states.terms import parse_date
from store.ids import LARGEST_ID
from store.obligations import Asked
from web.api import MOST, PAGE, CaseId, api_router
from web.dependencies import Asker, Here, actor_of, reader_of
from web.openapi import problems
from wiring import now
from wiring.schemas.obligations import GeneratedDocument, ObligationDocument, ObligationsDocument, obligation_json

router = api_router()
ObligationId = CaseId


class Generating(BaseModel):
    """Which year to generate."""

    model_config = ConfigDict(extra="forbid")

    year: int = Field(ge=1, le=9999, examples=[2026])
    unit: str = Field(default="", max_length=200, description="one unit only")
    due_from: str = Field(default="", max_length=40, description="only what is due from this day on")


class Submitting(BaseModel):
    """That it was done once."""

    model_config = ConfigDict(extra="forbid")

    on: str | None = Field(default=None, max_length=40, examples=["2026-03-24"])
    evidence: str = Field(default="", max_length=8000, examples=["青府〔2026〕11号"])
    file: str | None = Field(default=None, max_length=64, description="the SHA-256 of a file that the caller brought")


class Receiving(BaseModel):
    """That a receiver has signed."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    receiver: str = Field(alias="from", max_length=200, examples=["同级党委"])
    on: str | None = Field(default=None, max_length=40, examples=["2026-03-25"])
    note: str = Field(default="", max_length=8000)
    file: str | None = Field(default=None, max_length=64)


class Claiming(BaseModel):
    """Why a miss is none."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=8000, examples=["回执3月28日已签，4月2日才送到"])


class Excusing(BaseModel):
    """Why the unit is let off."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=8000, examples=["机构撤并"])
    on: str | None = Field(default=None, max_length=40)


@router.get("/obligations", tags=["obligations"])
def list_obligations(  # the filters of `duban obligation list`, each by its name
    response: Response,
    here: Here,
    person: Asker,
    year: Annotated[int, Query(ge=0, le=9999)] = 0,
    unit: Annotated[str, Query(max_length=200)] = "",
    state: ObligationState | None = None,
    cursor: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> ObligationsDocument:
    """List the obligations that the caller may see, by id; `Link: rel=next` leads on."""
    states = frozenset({state}) if state is not None else frozenset[ObligationState]()
    asked = Asked(year=year, unit=unit, states=states, after=cursor, limit=limit + 1)
    found = here.obligations.listed(asked, reader_of(person))
    if len(found) > limit:
        more = f"cursor={found[limit - 1].id}&limit={limit}" + (f"&year={year}" if year else "")
        more += f"&state={state.value}" if state is not None else ""
        response.headers["Link"] = f'</api/v1/obligations?{more}>; rel="next"'
    return {"obligations": [obligation_json(one) for one in found[:limit]]}


@router.post("/obligations/generate", tags=["obligations"], responses=problems(404))
def generate(asked: Generating, here: Here, person: Asker) -> GeneratedDocument:
    """Write down what recurs in a year for every unit that it binds; repeating it doubles nothing."""
    since = parse_date(asked.due_from) if asked.due_from else None
    reader = reader_of(person)
    actor, unit = actor_of(person), asked.unit
    done = here.obligations.generate(asked.year, actor, now(), unit=unit, due_from=since, reader=reader)
    return {
        "year": asked.year,
        "new": done.new,
        "kept": done.kept,
        "changed": done.changed,
        "removed": done.removed,
    }


@router.get("/obligations/{obligation_id:int}", tags=["obligations"], responses=problems(404))
def read_obligation(obligation_id: ObligationId, here: Here, person: Asker) -> ObligationDocument:
    """Read one obligation."""
    return obligation_json(here.obligations.one(obligation_id, reader_of(person)))


@router.post("/obligations/{obligation_id:int}/submissions", tags=["obligations"], responses=problems(404, 409))
def submit(obligation_id: ObligationId, asked: Submitting, here: Here, person: Asker) -> ObligationDocument:
    """Enter that it was done once, with what shows it."""
    on = parse_date(asked.on) if asked.on else here.today(now())
    done = here.obligations.submit(
        obligation_id,
        on,
        actor_of(person),
        now(),
        note=asked.evidence,
        file=asked.file,
        reader=reader_of(person),
        once=True,
    )
    return obligation_json(done)


@router.post("/obligations/{obligation_id:int}/receipts", tags=["obligations"], responses=problems(404, 409))
def receive(obligation_id: ObligationId, asked: Receiving, here: Here, person: Asker) -> ObligationDocument:
    """Enter that one of the receivers has signed on a day."""
    on = parse_date(asked.on) if asked.on else here.today(now())
    done = here.obligations.receive(
        obligation_id,
        asked.receiver,
        on,
        actor_of(person),
        now(),
        note=asked.note,
        file=asked.file,
        reader=reader_of(person),
    )
    return obligation_json(done)


@router.post("/obligations/{obligation_id:int}/claim", tags=["obligations"], responses=problems(404, 409))
def claim(obligation_id: ObligationId, asked: Claiming, here: Here, person: Asker) -> ObligationDocument:
    """Ask to take a miss back, with the reason: all of it was there by its day and only entered afterwards."""
    done = here.obligations.claim(obligation_id, asked.reason, actor_of(person), now(), reader=reader_of(person))
    return obligation_json(done)


@router.post("/obligations/{obligation_id:int}/correction", tags=["obligations"], responses=problems(404, 409))
def correct(obligation_id: ObligationId, here: Here, person: Asker) -> ObligationDocument:
    """Take the miss back, and its open clue with it, as another person than who asked; the director does."""
    done = here.obligations.correct(obligation_id, actor_of(person), now(), reader=reader_of(person))
    return obligation_json(done)


@router.post("/obligations/{obligation_id:int}/excuse", tags=["obligations"], responses=problems(404, 409))
def excuse(obligation_id: ObligationId, asked: Excusing, here: Here, person: Asker) -> ObligationDocument:
    """Let the unit off, with the reason; not after the day was missed."""
    on = parse_date(asked.on) if asked.on else here.today(now())
    done = here.obligations.excuse(obligation_id, asked.reason, on, actor_of(person), now(), reader=reader_of(person))
    return obligation_json(done)
