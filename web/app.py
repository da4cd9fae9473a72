"""The web door: health, the HTTP interface and pages, all on the same desk."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from config.settings import read_settings
from web import api, health, pages
from web.asking import add_problems
from web.documents import kept
from wiring import Office

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


def make_app() -> FastAPI:
    """Return the application; the office is opened when it starts and closed when it stops."""
    return application(None)


def application(office: Office | None) -> FastAPI:
    """Return the application over an office that is open, or over that of this process's settings."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        if office is not None:
            yield
            return
        app.state.office = Office(read_settings())
        yield
        app.state.office.close()

    app = FastAPI(
        title="Duban 督办", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json"
    )
    app.state.office = office
    add_problems(app)
    app.include_router(health.router)
    app.include_router(health.operations)
    app.include_router(api.router)
    app.include_router(pages.router)
    described = app.openapi
    app.openapi = lambda: kept(described())  # type: ignore[method-assign]  # FastAPI's documented way
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    return app
