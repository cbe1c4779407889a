"""What drivers raise -> one line that says what is wrong, without secrets."""

from collections.abc import Iterator
from contextlib import contextmanager

from u2net.errors import PlaceError, U2NetError
from u2net.places.address import Address, redacted

_RIGHTS = ("AccessDenied", "Forbidden", "PermissionError", "(403)", "AuthorizationFailure")
_CREDENTIALS = (
    *("NoCredentials", "PartialCredentials", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    *("ExpiredToken", "InvalidToken", "AuthenticationFailed", "Unauthorized", "(401)"),
    *("DefaultCredentialsError", "RefreshError", "InvalidClientTokenId", "TokenRefreshRequired"),
)
_MISSING = ("NoSuchBucket", "FileNotFoundError", "NoSuchKey", "ContainerNotFound", "(404)")


@contextmanager
def reached(address: Address) -> Iterator[None]:
    """Turn whatever the driver of `address` raises in the block into a `PlaceError`.

    That something is there already stays `FileExistsError`.
    """
    try:
        yield
    except (U2NetError, FileExistsError, MemoryError):
        raise
    except Exception as error:  # drivers raise errors of their own, of no common kind
        raise PlaceError(f"{address}: {_told(error)}") from error


def _told(error: Exception) -> str:
    whole = " ".join(_causes(error))
    text = redacted(" ".join(str(error).split()))[:300].rstrip(".")
    if any(word in whole for word in _CREDENTIALS):
        return f"wrong or no credentials ({text}); set those that the driver looks for"
    if any(word in whole for word in _RIGHTS):
        return f"no right to do this ({text}); have it granted, or choose another place"
    if any(word in whole for word in _MISSING):
        return "not there; check the name, of the bucket too"
    if isinstance(error, UnicodeError):
        return "the name is no UTF-8, which this place needs; rename it"
    return f"cannot be reached ({text or type(error).__name__}); try again"


def _causes(error: BaseException | None) -> Iterator[str]:
    """Names, texts and numbers of an error and of those behind it.

    Numbers are in brackets, as the text of S3's has them: names and ports hold such digits too.
    """
    while error is not None:
        numbers = (getattr(error, name, "") for name in ("code", "status", "status_code"))
        yield f"{type(error).__name__} {error} {' '.join(f'({number})' for number in numbers)}"
        error = error.__cause__ or error.__context__
