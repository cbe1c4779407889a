"""`POST /v1.0/removebg` and `GET /v1.0/account`."""

import base64
from functools import partial
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from u2net.background import Background
from u2net.remover import Remover
from u2net.serve.addresses import FetchError, UnfitAddressError
from u2net.serve.gate import Held
from u2net.serve.media import accepts_json
from u2net.serve.remove import MEDIA_TYPES, picture_behind
from u2net.serve.removebg import openapi
from u2net.serve.removebg.failure import failure_of, wrong
from u2net.serve.removebg.fields import Fields, content, fields_of, one_of, picture_in
from u2net.serve.removebg.wishes import Wishes, wishes_of
from u2net.serve.removebg.work import Result, make
from u2net.serve.route import GuardedRoute, WorkRoute
from u2net.serve.service import Service, TheService

SOURCES = ("image_file", "image_file_b64", "image_url")
BACKGROUNDS = ("bg_color", "bg_image_file", "bg_image_url")
PLENTY = 999_999
"""Credits that there are: nothing is charged here, and clients ask before they send."""
NAMED, NAME = 10, 40
"""How many of the fields that nobody knows are named, by how much of each name: clients have bounds
for headers."""


class RemoveBgRoute(WorkRoute):
    """Pictures may come as text."""

    failure = staticmethod(failure_of)
    field_bytes = None
    copies = 3
    """Of a body that is text: as it came, as text, as bytes."""


class AccountRoute(GuardedRoute):
    failure = staticmethod(failure_of)


router = APIRouter(prefix="/v1.0", route_class=RemoveBgRoute, tags=["remove.bg"])
account_router = APIRouter(prefix="/v1.0", route_class=AccountRoute, tags=["remove.bg"])


@router.post(
    "/removebg",
    summary="Remove the background of a picture, as remove.bg does",
    response_class=Response,
    responses=openapi.RESPONSES,
    openapi_extra={"requestBody": openapi.BODY},
)
async def removebg(request: Request, service: TheService) -> Response:
    """Fields, headers and error codes are those of remove.bg's API 1.0."""
    fields = await fields_of(request)
    source = one_of(fields, SOURCES, "multiple-sources")
    if source is None:
        raise wrong("missing-source", f"Please provide one of {', '.join(SOURCES)}.")
    backdrop = one_of(fields, BACKGROUNDS, "multiple-bg-sources")
    wishes = wishes_of(fields)
    if wishes.format == "zip" and backdrop:
        raise wrong("invalid-format", "zip holds colours and alpha, and no background")
    fields = await fetched(fields, service, request.scope["u2net.held"])
    unknown = sorted(fields.keys() - openapi.FIELDS)[:NAMED]
    work = partial(work_of, fields, source, backdrop, wishes, service.remover(None))
    result = await service.worked(request, work)
    headers = headers_of(result, wishes)
    if unknown:
        named = ", ".join(name[:NAME] for name in unknown)
        headers["X-Unknown-Parameters"] = quote(named, safe=", ")
    if accepts_json(request.headers):
        return JSONResponse(document_of(result), headers=headers)
    media = MEDIA_TYPES | {"zip": "application/zip"}
    return Response(result.data, headers=headers, media_type=media[result.kind])


def work_of(
    fields: Fields, source: str, backdrop: str | None, wishes: Wishes, remover: Remover
) -> Result:
    """All of the work, off the event loop."""
    return make(picture_in(fields, source), wishes, remover, behind(fields, backdrop, remover))


def behind(fields: Fields, name: str | None, remover: Remover) -> Background | None:
    """The picture that comes behind, if one does."""
    if name in (None, "bg_color"):
        return None
    return picture_behind(content(fields, str(name)), remover)


async def fetched(
    fields: Fields, service: Service, held: Held
) -> dict[str, str | UploadFile | bytes]:
    """`fields`, addresses replaced by what lies there. Raises `Problem`."""
    found: dict[str, str | UploadFile | bytes] = dict(fields)
    for name, kind in (("image_url", "image"), ("bg_image_url", "bg")):
        address = fields.get(name)
        if address is None:
            continue
        if service.fetcher is None or not isinstance(address, str):
            told = "fetching is switched off here" if isinstance(address, str) else "no address"
            raise wrong(f"invalid-{name.replace('_', '-')}", told)
        try:
            found[name] = await service.fetcher.fetch(address, held.add)
        except UnfitAddressError as error:
            raise wrong(f"invalid-{name.replace('_', '-')}", str(error)) from error
        except FetchError as error:
            raise wrong(f"failed-{kind}-download", str(error)) from error
    return found


def headers_of(result: Result, wishes: Wishes) -> dict[str, str]:
    """What that API says of a result."""
    width, height = result.size
    box = result.foreground
    headers: dict[str, object] = {
        "X-Width": width,
        "X-Height": height,
        "X-Credits-Charged": 0,
        "X-Foreground-Top": box.top,
        "X-Foreground-Left": box.left,
        "X-Foreground-Width": box.width,
        "X-Foreground-Height": box.height,
    }
    if wishes.typed:
        headers["X-Type"] = "other"
    return {name: str(value) for name, value in headers.items()}


def document_of(result: Result) -> dict[str, Any]:
    """The answer for those who accept JSON."""
    box = result.foreground
    data = {
        "result_b64": base64.b64encode(result.data).decode(),
        "foreground_top": box.top,
        "foreground_left": box.left,
        "foreground_width": box.width,
        "foreground_height": box.height,
    }
    return {"data": data}


@account_router.get("/account", summary="Credits, of which there are always plenty")
async def account() -> dict[str, Any]:
    """Nothing is charged."""
    attributes = {
        "credits": {"total": PLENTY, "subscription": 0, "payg": PLENTY, "enterprise": 0},
        "api": {"free_calls": PLENTY, "sizes": "all"},
    }
    return {"data": {"attributes": attributes}}
