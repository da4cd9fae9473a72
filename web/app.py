"""The web door: health for now; pages and the HTTP interface stand on the same desk."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from config.settings import read_settings
from web import health
from wiring import Office

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


def make_app() -> FastAPI:
    """Return the application; the office is opened when it starts and closed when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        app.state.office = Office(read_settings())
        yield
        app.state.office.close()

    app = FastAPI(
        title="Duban 督办", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json"
    )
    app.include_router(health.router)
    return app
