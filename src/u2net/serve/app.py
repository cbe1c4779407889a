"""The application: routes, and what stands around them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from u2net import __version__
from u2net.remover import Remover
from u2net.serve import condition, key, pages, rembg, remove
from u2net.serve.exchanges import Exchanges
from u2net.serve.failures import Failures
from u2net.serve.headers import SafeHeaders
from u2net.serve.key import HEADER
from u2net.serve.problem import answer_with_problems
from u2net.serve.removebg import routes as removebg
from u2net.serve.service import Service, service_for
from u2net.serve.settings import Settings

EXPOSED = (
    "Retry-After",
    "X-Foreground-Height",
    "X-Foreground-Left",
    "X-Foreground-Top",
    "X-Foreground-Width",
    "X-Height",
    "X-Object-Found",
    "X-Request-Id",
    "X-Type",
    "X-Unknown-Parameters",
    "X-Width",
)
"""Headers of answers that scripts of other sites may read."""

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def create_app(settings: Settings, removers: dict[str, Remover]) -> FastAPI:
    """The service as an ASGI application; its models are loaded by the caller, or at first use."""
    service = service_for(settings, removers)
    app = FastAPI(
        title="u2net",
        version=__version__,
        description="Finds the salient object of a picture and cuts it out.",
        docs_url=None,
        redoc_url=None,
        lifespan=_closing(service),
    )
    app.state.service = service
    for router in (
        remove.router,
        rembg.router,
        removebg.router,
        removebg.account_router,
        condition.router,
        condition.guarded,
        pages.router,
    ):
        app.include_router(router)
    answer_with_problems(app)
    # The last is the outermost.
    app.add_middleware(Failures)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=[HEADER, "Authorization", "X-Request-Id"],
            expose_headers=[*EXPOSED],
        )
    app.add_middleware(SafeHeaders)
    app.add_middleware(Exchanges, service=service)
    _describe(app)
    return app


def _closing(service: Service) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.workers.close()

    return lifespan


def _describe(app: FastAPI) -> None:
    """Put into the OpenAPI document what routes do not say of themselves."""
    whole = app.openapi

    def described() -> dict[str, Any]:
        document = whole()
        parts = document.setdefault("components", {})
        parts.setdefault("schemas", {})["Problem"] = PROBLEM
        parts["securitySchemes"] = key.SCHEMES
        # Either, or none where the service wants none.
        document["security"] = [*({name: []} for name in key.SCHEMES), {}]
        return document

    app.openapi = described  # type: ignore[method-assign]
