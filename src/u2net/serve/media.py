"""What headers say that a body is, in whichever case they say it."""

from starlette.datastructures import Headers

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"


def media_type(headers: Headers) -> str:
    """Of the body that comes; empty where nothing is said."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def accepts_json(headers: Headers) -> bool:
    """Whether an answer in JSON was asked for."""
    return JSON in headers.get("accept", "").lower()
