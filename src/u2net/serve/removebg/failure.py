"""A problem, in that API's form: title, code, detail."""

from fastapi import Response
from fastapi.responses import JSONResponse

from u2net.serve.problem import Problem, problem_of

_TITLES = {
    "invalid-bg-color": "Invalid bg_color parameter given",
    "invalid-bg-image-url": "Invalid bg_image_url: Please provide a valid URL.",
    "invalid-channels": "Invalid value for parameter 'channels'",
    "invalid-crop": "Invalid value for parameter 'crop'",
    "invalid-crop-margin": "Invalid crop_margin parameter given",
    "invalid-file-type": "Invalid file type",
    "invalid-format": "Invalid format parameter given",
    "invalid-image-url": "Invalid image_url: Please provide a valid URL.",
    "invalid-position": "Invalid position parameter given",
    "invalid-roi": "Invalid roi parameter given",
    "invalid-scale": "Invalid scale parameter given",
    "invalid-semitransparency": "Invalid semitransparency parameter given",
    "invalid-size": "Invalid value for parameter 'size'",
    "invalid-type": "Invalid value for parameter 'type'",
    "invalid-type-level": "Invalid value for parameter 'type_level'",
    "failed-bg-download": "Failed to download background image",
    "failed-image-download": "Failed to download image from given image_url",
    "failed-to-read-image": "There was an error reading the image.",
    "missing-source": "No image given",
    "multiple-bg-sources": "Multiple background sources given",
    "multiple-sources": "Multiple image sources given",
    "roi-exceeds-bounds": "ROI exceeds image bounds",
    "roi-region-empty": "ROI region is empty",
    "unknown-foreground": "Could not identify foreground in image.",
}
"""Kind of a problem -> what that API calls it; its code has underscores."""

_UNREADABLE = (400, "failed_to_read_image", "There was an error reading the image.")
_INVALID = (400, "invalid_request", "Invalid request")
_LIMITED = (429, "rate_limit_exceeded", "Rate limit exceeded")
_OTHERS = {
    "unauthorized": (403, "auth_failed", "Authentication failed"),
    "body-too-large": (400, "file_too_large", "File too large"),
    "image-too-large": (400, "resolution_too_high", "Image resolution too high"),
    "unreadable-image": _UNREADABLE,
    "unknown-background": _UNREADABLE,
    "unfit-image": _UNREADABLE,
    "not-installed": (400, "invalid_file_type", "Invalid file type"),
    "unfit-format": (400, "invalid_format", "Invalid format parameter given"),
    "busy": _LIMITED,
    "late": _LIMITED,
    "no-memory": _LIMITED,
    "bad-request": _INVALID,
    "slow-request": _INVALID,
    "unfit-model": _INVALID,
}
"""What happens on every route -> status, code and title there."""


def wrong(kind: str, detail: str) -> Problem:
    """What is told of a value that cannot be used."""
    return Problem(400, kind, detail)


def failure_of(error: Exception) -> Response:
    """The answer that tells of `error`."""
    problem = problem_of(error)
    ours = problem.status_code, problem.kind.replace("-", "_"), problem.document["title"]
    status, code, title = _OTHERS.get(problem.kind, ours)
    told = {
        "title": _TITLES.get(problem.kind, title),
        "code": code,
        "detail": problem.detail,
    }
    return JSONResponse({"errors": [told]}, status, problem.headers)
