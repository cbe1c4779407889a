"""Whether the service lives, whether it is ready, and what it counts."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from u2net.serve import metrics
from u2net.serve.problem import Problem
from u2net.serve.route import GuardedRoute
from u2net.serve.service import TheService

router = APIRouter()
guarded = APIRouter(route_class=GuardedRoute)


class Condition(BaseModel):
    """How the service does."""

    status: str


@router.head("/health", include_in_schema=False)
@router.get("/health", summary="Whether the service lives")
async def health() -> Condition:
    """200 as soon as anything is answered."""
    return Condition(status="alive")


@router.head("/ready", include_in_schema=False)
@router.get("/ready", summary="Whether the service can work", responses={503: {}})
async def ready(service: TheService) -> Condition:
    """200 once every model runs, 503 before."""
    if not service.is_ready:
        raise Problem(503, "loading", "the model is being loaded", retry_after=1)
    return Condition(status="ready")


@guarded.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def figures(service: TheService) -> Response:
    """Requests by route and status, seconds by step, what is held and what waits."""
    return Response(service.metrics.text(), media_type=metrics.MEDIA_TYPE)
