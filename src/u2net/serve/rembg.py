"""`/api/remove` as rembg's server has it: its parameter names, PNG for an answer."""

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from u2net.cutout import Cutout
from u2net.remover import Remover
from u2net.serve.addresses import FetchError
from u2net.serve.compose import over_colour
from u2net.serve.problem import Problem, problem_of
from u2net.serve.route import WorkRoute
from u2net.serve.service import Service, TheService

_DETAIL = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
_FAILURE = {
    "description": "Why there is none.",
    "content": {"application/json": {"schema": _DETAIL}},
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture.",
        "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
    },
    "4XX": _FAILURE,
    503: _FAILURE,
}


def failure_of(error: Exception) -> Response:
    """As that server tells of errors."""
    problem = problem_of(error)
    return JSONResponse({"detail": problem.detail}, problem.status_code, problem.headers)


class RembgRoute(WorkRoute):
    """Tells of failures in that server's form."""

    failure = staticmethod(failure_of)


router = APIRouter(route_class=RembgRoute, tags=["rembg"])


class Wishes(BaseModel):
    """What may be asked for."""

    model: str | None = Field(None, description="One of those that the service offers.")
    om: bool = Field(False, description="The mask alone.")
    bgc: str | None = Field(None, description="What comes behind: red,green,blue,opacity.")
    a: bool = Field(False, description="Alpha matting: not done here.")
    af: int = Field(240, ge=0, le=255)
    ab: int = Field(10, ge=0, le=255)
    ae: int = Field(10, ge=0)
    ppm: bool = Field(False, description="A smoothed, hard mask: not done here.")
    dc: bool = Field(False, description="Edges freed of the background: not done here.")
    vm: bool = Field(False, description="Another matting: not done here.")
    extras: str | None = Field(None, description="JSON for some models, of which none is here.")


class Upload(Wishes):
    """With the picture itself."""

    file: UploadFile


class Address(Wishes):
    """With the place where the picture lies."""

    url: str


@router.post("/api/remove", response_class=Response, responses=RESPONSES)
async def from_upload(
    request: Request,
    form: Annotated[Upload, Form(media_type="multipart/form-data")],
    service: TheService,
    bgc: str | None = None,
    extras: str | None = None,
) -> Response:
    """The cut-out of an uploaded picture; `bgc` and `extras` stand in the address there."""
    wishes = form.model_copy(update={"bgc": bgc or form.bgc, "extras": extras or form.extras})
    return await answer(request, wishes, form.file.file.read, service)


@router.get("/api/remove", response_class=Response, responses=RESPONSES)
async def from_address(
    request: Request, query: Annotated[Address, Query()], service: TheService
) -> Response:
    """The cut-out of a picture at `url`, where fetching is switched on."""
    if service.fetcher is None:
        raise Problem(403, "not-fetched", "fetching is switched off: start with --fetch")
    try:
        data = await service.fetcher.fetch(query.url, request.scope["u2net.held"].add)
    except FetchError as error:
        raise Problem(400, "not-fetched", str(error)) from error
    return await answer(request, query, lambda: data, service)


async def answer(
    request: Request, wishes: Wishes, read: Callable[[], bytes], service: Service
) -> Response:
    """The PNG that was asked for."""
    check(wishes)
    remover, colour = service.remover(wishes.model), colour_of(wishes.bgc)
    work = partial(png_of, read, wishes.om, colour, remover)
    return Response(await service.worked(request, work), media_type="image/png")


def check(wishes: Wishes) -> None:
    """Raise `Problem` for what is not done here; nothing is left out in silence."""
    for name in ("a", "ppm", "dc", "vm"):
        if getattr(wishes, name):
            raise Problem(422, "not-done", f"{name} is not done here: leave it out")
    if wishes.extras not in (None, "", "{}"):
        raise Problem(422, "not-done", "no model here takes extras: leave them out")


def colour_of(text: str | None) -> tuple[int, int, int, int] | None:
    """Red, green, blue and opacity, each 0…255; None is nothing. Raises `Problem`."""
    if not text:
        return None
    found = [int(part) for part in text.split(",") if re.fullmatch(r"\s*\d{1,3}\s*", part)]
    if len(found) != 4 or text.count(",") != 3 or max(found) > 255:
        raise Problem(
            422, "invalid-request", "bgc: four levels from 0 to 255: red,green,blue,opacity"
        )
    red, green, blue, opacity = found
    return (red, green, blue, opacity) if opacity else None


def png_of(
    read: Callable[[], bytes],
    mask: bool,
    colour: tuple[int, int, int, int] | None,
    remover: Remover,
) -> bytes:
    """All of the work, off the event loop."""
    picture = remover.changed(mask=mask).picture(read())
    if colour is not None and isinstance(picture, Cutout):
        picture = over_colour(picture, colour)
    return picture.encode("png")
