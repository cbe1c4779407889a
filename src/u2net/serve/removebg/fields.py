"""The fields of a request, in whichever of the three forms its body has."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import TypeAlias

from fastapi import Request, UploadFile
from starlette.datastructures import UploadFile as Upload

from u2net.pictures import formats
from u2net.serve.removebg.failure import wrong

Fields: TypeAlias = Mapping[str, str | UploadFile | bytes]
"""Name -> value, bytes where they were fetched; without those that are empty."""


async def fields_of(request: Request) -> Fields:
    """Those of a form or a JSON object. Raises `Problem`."""
    if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
        return _of_json(await request.body())
    form = await request.form()
    return {name: value for name, value in form.items() if value != ""}  # type: ignore[misc]


def _of_json(body: bytes) -> Fields:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise wrong("bad-request", f"the body is no JSON ({error})") from error
    if not isinstance(document, dict):
        raise wrong("bad-request", "the body is no JSON object")
    fields = {}
    for name, value in document.items():
        if isinstance(value, (dict, list)):
            raise wrong("bad-request", f"{name[:40]}: a text, a number or true or false")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if value is not None and text:
            fields[name] = text
    return fields


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
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong("failed-to-read-image", f"{name}: no base64 ({error})") from error


def picture_in(fields: Fields, name: str) -> bytes:
    """As `content`, of what looks like a picture. Raises `Problem`."""
    data = content(fields, name)
    if data and formats.recognise(data) is None:
        known = ", ".join(kind.name for kind in formats.FORMATS)
        raise wrong("invalid-file-type", f"{name}: expected one of {known}")
    return data
