"""Who may use the service: those who know its key."""

import hmac

from starlette.datastructures import Headers

from u2net.serve.problem import Problem

HEADER = "X-Api-Key"
SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": HEADER},
    "bearer": {"type": "http", "scheme": "bearer"},
}
"""As OpenAPI describes them."""


def check_key(headers: Headers, key: str | None) -> None:
    """Raise `Problem` 401 unless the request brings `key`, where there is one."""
    if key is None:
        return
    scheme, _, token = headers.get("authorization", "").partition(" ")
    given = headers.get(HEADER) or (token.strip() if scheme.lower() == "bearer" else "")
    # Compared in the same time however much of it is right; headers are read as Latin-1.
    if not hmac.compare_digest(given.encode("latin-1"), key.encode()):
        told = "a wrong key" if given else "no key"
        raise Problem(
            401,
            "unauthorized",
            f"{told}: send the header {HEADER}",
            headers={"WWW-Authenticate": "Bearer"},
        )
