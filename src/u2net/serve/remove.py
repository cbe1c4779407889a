"""`POST /v1/remove`: a picture in, what was asked for of it out."""

from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Form, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from u2net.background import Background, Scene, on_white, worded
from u2net.crop import Margin
from u2net.edges import Edges
from u2net.errors import U2NetError, UnknownBackgroundError
from u2net.pictures.encode import named
from u2net.pictures.formats import WRITTEN
from u2net.pictures.source import photo_of
from u2net.remover import Remover
from u2net.serve.problem import MEDIA_TYPE, Problem
from u2net.serve.route import WorkRoute
from u2net.serve.service import TheService

MEDIA_TYPES = {
    "png": "image/png",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "tiff": "image/tiff",
}

router = APIRouter(route_class=WorkRoute)


class RemoveForm(BaseModel):
    """What may be asked for."""

    model_config = ConfigDict(extra="forbid")

    image: UploadFile = Field(description="The picture: a file of any format that can be read.")
    mask: bool = Field(False, description="The 8-bit mask instead of the cut-out.")
    background: UploadFile | str = Field(
        "transparent",
        description="What comes behind: transparent, blur, a colour (#rrggbb, a name of CSS), or "
        "a picture as a file.",
    )
    edges: Edges = Field(
        "fast", description="How alpha gets to the picture's size: off, fast or matting."
    )
    crop: bool = Field(False, description="Only the part around the object.")
    crop_margin: str = Field(
        "", description="What it has around the object: 20, 10%, or two or four of them as in CSS."
    )
    format: str = Field("png", description="png, webp, jpg or tiff; jpg needs a background.")
    model: str | None = Field(None, description="One of those that the service offers.")
    class_name: str = Field(
        "", alias="class", description="Which class is the object, of a model that tells several."
    )


class Made(NamedTuple):
    """An answer with a picture."""

    data: bytes
    kind: str
    found: bool


@router.post(
    "/v1/remove",
    summary="Cut the object out of a picture",
    response_class=Response,
    responses={
        200: {
            "description": "The picture. X-Object-Found says whether there is an object in it.",
            "content": {
                media: {"schema": {"type": "string", "format": "binary"}}
                for media in MEDIA_TYPES.values()
            },
        },
        "4XX": {
            "description": "Why there is none, as RFC 9457 has it.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
        503: {
            "description": "Too much to do just now; Retry-After says when to come again.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    },
)
async def remove(
    request: Request,
    form: Annotated[RemoveForm, Form(media_type="multipart/form-data")],
    service: TheService,
) -> Response:
    """The cut-out, the mask, or the cut-out over a background.

    What the command line writes for the same options, byte for byte.
    """
    check_together(form)
    margin = margin_of(form)
    remover = service.remover(form.model)
    made = await service.worked(request, partial(make, form, margin, remover))
    headers = {"X-Object-Found": str(made.found).lower()}
    return Response(made.data, headers=headers, media_type=MEDIA_TYPES[made.kind])


def check_together(form: RemoveForm) -> None:
    """Raise `Problem` for wishes that do not go together, before any work."""
    kind = named(form.format)
    transparent = form.background == "transparent"
    if form.mask and not transparent:
        raise Problem(422, "invalid-request", "a mask has no background: leave out one of them")
    if kind == "jpg" and not form.mask and transparent:
        told = f"jpg has no transparency: give a background, or take {', '.join(WRITTEN[:2])}"
        raise Problem(422, "unfit-format", told)


def margin_of(form: RemoveForm) -> Margin:
    """What is left around the object. Raises `Problem`."""
    if form.crop_margin and not form.crop:
        raise Problem(422, "invalid-request", "a margin is of what is cropped: set crop too")
    try:
        return Margin.parse(form.crop_margin or "0")
    except ValueError as error:
        raise Problem(422, "invalid-request", f"crop_margin: {error}") from error


def make(form: RemoveForm, margin: Margin, remover: Remover) -> Made:
    """The whole work on one request, off the event loop."""
    behind = background_of(form.background, remover)
    wished = remover.changed(
        mask=form.mask,
        background=behind,
        edges=form.edges,
        crop=form.crop,
        crop_margin=margin,
        class_name=form.class_name,
    )
    picture = wished.picture(form.image.file.read())
    kind = named(form.format)
    return Made(picture.encode(kind), kind, picture.found)


def background_of(wish: UploadFile | str, remover: Remover) -> Background | None:
    """What comes behind. Raises `ImageError`; a text is never taken for the name of a file."""
    if isinstance(wish, str):
        return worded(wish)
    return picture_behind(wish.file.read(), remover)


def picture_behind(data: bytes, remover: Remover) -> Background:
    """The picture in `data` as a background. Raises `UnknownBackgroundError` where it is none."""
    try:
        return Scene(on_white(photo_of(data, limits=remover.options.limits)))
    except U2NetError as error:
        raise UnknownBackgroundError(f"the background: {error}") from error
