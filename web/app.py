"""The web door: health, the HTTP interface and pages, all on the same desk."""

from __future__ import annotations

import gc
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from config.home import keep_private
from config.settings import read_settings
from web import (
    api,
    api_documents,
    api_history,
    api_inspections,
    api_obligations,
    api_programme,
    api_ranking,
    forecast,
    handbook,
    health,
    pages,
    whatif,
)
from web.bodies import BodyLimit
from web.dependencies import add_problems
from web.openapi import kept
from web.page import Elsewhere, led_there
from wiring import Office
from wiring.telemetry import begin, end, span

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


async def _traced(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Measure a request. The route's pattern is noted and not its address, which may hold what was searched for."""
    with span("page", method=request.method) as current:
        found = await answer(request)
        pattern = getattr(request.scope.get("route"), "path", "")
        current.set_attribute("http.route", str(pattern))
        current.set_attribute("http.response.status_code", found.status_code)
        return found


_ALWAYS: Final = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What every answer says, redirections and files too; a page has a policy of its own for what it shows."""


class AlwaysSaid:
    """Adds to every answer the headers that browsers need, unless the answer says otherwise itself."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete the headers of the answer."""

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, completed)


def make_app() -> FastAPI:
    """Return the application; the office is opened when it starts and closed when it stops."""
    keep_private()
    return application(None)


def application(office: Office | None) -> FastAPI:
    """Return the application over an office that is open, or over that of this process's settings."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        if office is not None:
            yield
            return
        app.state.office = Office(read_settings())
        app.state.office.rulebook.require_sound()
        app.state.office.installation.require_same()
        begin(app.state.office.settings, "web")
        # What was loaded to begin with stays; walking through it again and again held requests up for 0.1 s.
        gc.collect()
        gc.freeze()
        yield
        app.state.office.close()
        end()

    settings = office.settings if office is not None else read_settings()
    app = FastAPI(
        title="Duban 督办",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        # Starlette's own redirection to the address with (or without) a slash names the Host that was asked for, which
        # anybody can forge.
        redirect_slashes=False,
    )
    app.state.office = office
    # The last that is added is the first that is asked.
    app.middleware("http")(_traced)
    app.add_middleware(BodyLimit)
    app.add_middleware(AlwaysSaid)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.proxies)
    add_problems(app)
    app.add_exception_handler(Elsewhere, led_there)
    app.include_router(health.router)
    app.include_router(health.operations)
    app.include_router(api.router)
    app.include_router(api_history.router)
    app.include_router(forecast.interface)
    app.include_router(whatif.interface)
    app.include_router(api_obligations.router)
    app.include_router(api_inspections.router)
    app.include_router(api_documents.router)
    app.include_router(api_programme.router)
    app.include_router(api_ranking.router)
    app.include_router(pages.router)
    described = app.openapi
    app.openapi = lambda: kept(described())  # type: ignore[method-assign]  # FastAPI's documented way
    app.mount("/static/handbook", StaticFiles(directory=handbook.PICTURES), name="handbook")
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    return app
