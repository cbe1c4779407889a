"""What the OpenAPI document says of the route."""

from typing import Any

from u2net.serve.removebg.wishes import FORMATS, NOT_DONE, TYPES

_TEXT = {"type": "string"}
_FILE = {"type": "string", "format": "binary"}
_FLAG = {"type": "string", "enum": ["true", "false"]}


def _one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


_FIELDS: dict[str, Any] = {
    "image_file_b64": _TEXT | {"description": "The picture in base64."},
    "image_url": _TEXT | {"description": "Its address, where fetching is switched on."},
    "size": _one_of("preview", "small", "regular", "medium", "hd", "full", "4k", "auto"),
    "type": _one_of(*TYPES),
    "type_level": _one_of("none", "1", "2", "latest"),
    "format": _one_of(*FORMATS),
    "roi": _TEXT | {"description": "x1 y1 x2 y2, in px or %: where the object may be."},
    "crop": _FLAG,
    "crop_margin": _TEXT | {"description": "In px or % of the object, once, twice or four times."},
    "scale": _TEXT | {"description": "Of the canvas, 10% to 100%, or original."},
    "position": _TEXT | {"description": "original, center, 30%, or 30% 70%."},
    "channels": _one_of("rgba", "alpha"),
    "bg_color": _TEXT | {"description": "A hex code of 3, 4, 6 or 8 digits, or a name."},
    "bg_image_url": _TEXT | {"description": "Address of what comes behind."},
}
_FILES = {"image_file": _FILE, "bg_image_file": _FILE}


FIELDS = frozenset({*_FIELDS, *_FILES, *NOT_DONE, "semitransparency"})
"""Those that are looked at."""


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {"schema": {"type": "object", "properties": fields}}


BODY = {
    "required": True,
    "content": {
        "multipart/form-data": _object(_FILES | _FIELDS),
        "application/x-www-form-urlencoded": _object(_FIELDS),
        "application/json": _object(_FIELDS),
    },
}

_ERRORS = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["title", "code", "detail"],
                "properties": {"title": _TEXT, "code": _TEXT, "detail": _TEXT},
            },
        }
    },
}


def _failure(told: str) -> dict[str, Any]:
    return {"description": told, "content": {"application/json": {"schema": _ERRORS}}}


RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture.",
        "content": {
            **{media: {"schema": _FILE} for media in ("image/png", "image/jpeg", "image/webp")},
            "application/zip": {"schema": _FILE},
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["data"],
                    "properties": {"data": {"type": "object"}},
                }
            },
        },
    },
    400: _failure("Something is wrong with the request."),
    403: _failure("The key is missing or wrong."),
    429: _failure("As much is being done as may be; Retry-After says when to come again."),
    500: _failure("A fault of the service."),
}
