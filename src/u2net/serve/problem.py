"""What went wrong, as a problem document (RFC 9457) with the status that fits it."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Scope

from u2net import errors

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:u2net:problem:"

LEFT = 499
"""What is noted, and sent to nobody, when the client has gone; nginx calls it so too."""

_log = logging.getLogger(__name__)

_OF: tuple[tuple[type[Exception], int, str], ...] = (
    (errors.ImageTooLargeError, 413, "image-too-large"),
    (errors.UnreadableImageError, 415, "unreadable-image"),
    (errors.UnknownBackgroundError, 422, "unknown-background"),
    (errors.UnknownModelError, 404, "unknown-model"),
    (errors.ModelError, 422, "unfit-model"),
    (errors.OutputError, 422, "unfit-format"),
    (errors.ImageError, 422, "unfit-image"),
    (errors.ExtraMissingError, 501, "not-installed"),
    (errors.EngineError, 500, "engine-failed"),
)
"""What the package raises -> status and kind; the first that fits counts."""


class Problem(HTTPException):
    """The reason why a request gets no picture."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        retry_after: int | None = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        headers = dict(headers or {})
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        super().__init__(status, detail, headers)
        self.kind = kind
        self.more = more

    @property
    def document(self) -> dict[str, Any]:
        """As RFC 9457 has it."""
        title = self.kind.replace("-", " ").capitalize()
        about = {"type": TYPE + self.kind, "title": title, "status": self.status_code}
        return about | {"detail": self.detail} | self.more


def problem_of(error: Exception) -> Problem:
    """The problem that `error` is to a client. Bugs are logged; the answer says nothing of them."""
    match error:
        case Problem():
            return error
        case HTTPException():
            kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
            headers = dict(error.headers or {})
            return Problem(error.status_code, kind, error.detail, headers=headers)
        case RequestValidationError():
            return Problem(422, "invalid-request", *_invalid(error))
        case errors.UnforeseenError(__cause__=MemoryError()) | MemoryError():
            told = "the picture needs more memory than there is; make it smaller"
            return Problem(503, "no-memory", told, retry_after=5)
    for kind_of_error, status, kind in _OF:
        if isinstance(error, kind_of_error):
            return Problem(status, kind, str(error))
    _log.error("a request failed", exc_info=error)
    return Problem(500, "internal-error", "this is a fault of the service; its log says more")


def _invalid(error: RequestValidationError) -> tuple[str, ...]:
    told = (
        f"{'.'.join(str(part) for part in one['loc'][1:]) or 'the body'}: {_worded(one['msg'])}"
        for one in error.errors()
    )
    return ("; ".join(dict.fromkeys(told)),)


def _worded(message: str) -> str:
    """In words of people who send forms."""
    return "a file was expected" if "UploadFile" in message else message.lower()


def response_of(error: Exception) -> Response:
    """The answer that tells of `error`."""
    problem = problem_of(error)
    return JSONResponse(
        problem.document, problem.status_code, problem.headers, media_type=MEDIA_TYPE
    )


def answer_to(scope: Scope, error: Exception) -> Response:
    """The same; a route may have a form of its own, `failure`."""
    form: Callable[[Exception], Response] = getattr(scope.get("route"), "failure", response_of)
    return form(error)


def answer_with_problems(app: FastAPI) -> None:
    """Let `app` answer what it foresees so."""

    async def answer(request: Request, error: Exception) -> Response:
        return answer_to(request.scope, error)

    for kind in (HTTPException, RequestValidationError, errors.U2NetError):
        app.add_exception_handler(kind, answer)
