"""The fields of a request, in whichever of the three forms its body has."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import TypeAlias

from fastapi import Request, UploadFile
from starlette.datastructures import UploadFile as Upload

from u2net.pictures import formats
from u2net.serve.media import JSON, media_type
from u2net.serve.parse import parsed
from u2net.serve.removebg.failure import wrong
from u2net.serve.route import FIELDS

Fields: TypeAlias = Mapping[str, str | UploadFile | bytes]
"""Name -> value, bytes where they were fetched; without those that are empty."""


_BLANK = b" \t\r\n"
_COMMAS = 1000
"""In a JSON object of so few fields, at most: each may begin one more of them."""
_NOT_ASCII = re.compile(rb"\\u(?!00[0-7])")
"""An escape in JSON for what is none; base64 may have others, such as \\u002B."""
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a pair, which alone is no text."""


async def fields_of(request: Request) -> Fields:
    """Those of a form or a JSON object. Raises `Problem`."""
    if media_type(request.headers) == JSON:
        return await parsed(request, _of_json, _NOT_ASCII)
    form = await request.form()
    return {name: value for name, value in form.items() if value != ""}  # type: ignore[misc]


def _of_json(body: bytes) -> Fields:
    document = _object_in(body)
    fields = {}
    for name, value in document.items():
        if isinstance(value, (dict, list)):
            raise wrong("bad-request", f"{name[:40]}: a text, a number or true or false")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if value is not None and text:
            fields[name] = text
    return fields


def _object_in(body: bytes) -> dict[str, object]:
    """What the body says, of few fields and with texts alone. Raises `Problem`."""
    if body.count(b",") >= _COMMAS:
        raise wrong("bad-request", f"more than {FIELDS} fields")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise wrong("bad-request", f"the body is no JSON ({error})") from error
    if not isinstance(document, dict):
        raise wrong("bad-request", "the body is no JSON object")
    if len(document) > FIELDS:
        raise wrong("bad-request", f"more than {FIELDS} fields")
    texts = (text for pair in document.items() for text in pair if isinstance(text, str))
    if any(not text.isascii() and _HALF.search(text) for text in texts):
        raise wrong("bad-request", "half of a surrogate pair is no text")
    return document


def one_of(fields: Fields, names: tuple[str, ...], kind: str) -> str | None:
    """Which of `names` was given. Raises `Problem` of `kind` where it is more than one."""
    given = [name for name in names if name in fields]
    if len(given) > 1:
        raise wrong(kind, f"Please provide either the {' or the '.join(names)} parameter.")
    return given[0] if given else None


def content(fields: Fields, name: str) -> bytes:
    """The file in the field `name`, which is an upload or base64. Raises `Problem`."""
    value = fields[name]
    if isinstance(value, bytes):
        return value
    if isinstance(value, Upload):
        return value.file.read()
    if name.endswith("_file"):
        raise wrong("invalid-file-type", f"{name}: an uploaded file was expected")
    # As data: URLs have it, and with line ends as mail has it.
    text = value.rpartition("base64,")[2] if value.startswith("data:") else value
    try:
        return base64.b64decode(text.encode("ascii").translate(None, _BLANK), validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong("failed-to-read-image", f"{name}: no base64 ({error})") from error


def picture_in(fields: Fields, name: str) -> bytes:
    """As `content`, of what looks like a picture. Raises `Problem`."""
    data = content(fields, name)
    if data and formats.recognise(data) is None:
        known = ", ".join(kind.name for kind in formats.FORMATS)
        raise wrong("invalid-file-type", f"{name}: expected one of {known}")
    return data
