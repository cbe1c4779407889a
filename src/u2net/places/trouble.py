"""What drivers raise -> one line that says what is wrong, without secrets."""

from collections.abc import Iterator
from contextlib import contextmanager

from u2net.errors import OneFileError, PlaceError, U2NetError
from u2net.places.address import Address

_RIGHTS = ("AccessDenied", "Forbidden", "PermissionError", "(403)", "AuthorizationFailure")
_CREDENTIALS = (
    *("NoCredentials", "PartialCredentials", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    *("ExpiredToken", "InvalidToken", "AuthenticationFailed", "Unauthorized", "(401)"),
    *("DefaultCredentialsError", "RefreshError", "InvalidClientTokenId", "TokenRefreshRequired"),
    "ProfileNotFound",
)
_NO_PLACE = ("NoSuchBucket", "ContainerNotFound")
_MISSING = (*_NO_PLACE, "FileNotFoundError", "NoSuchKey", "(404)")


@contextmanager
def reached(address: Address, *, one: bool = False) -> Iterator[None]:
    """Turn whatever the driver of `address` raises in the block into a `PlaceError`.

    That something is there already stays `FileExistsError`. Where `one` file is read, that it is
    not there or may not be read is an `OneFileError`.
    """
    try:
        yield
    except (U2NetError, FileExistsError, MemoryError):
        raise
    except Exception as error:  # drivers raise errors of their own, of no common kind
        kind = OneFileError if _is_of_one(error, one) else PlaceError
        raise kind(f"{address}: {_told(error, address)}") from error


def _is_of_one(error: Exception, one: bool) -> bool:
    whole = " ".join(_causes(error))
    if isinstance(error, UnicodeError):
        return True
    if not one or any(word in whole for word in (*_CREDENTIALS, *_NO_PLACE)):
        return False
    return any(word in whole for word in (*_RIGHTS, *_MISSING))


def _told(error: Exception, address: Address) -> str:
    whole = " ".join(_causes(error))
    text = address.hidden_in(" ".join(str(error).split()))[:300].rstrip(".")
    if any(word in whole for word in _CREDENTIALS):
        return f"wrong or no credentials ({text}); set those that the driver looks for"
    if any(word in whole for word in _RIGHTS):
        return f"no right to do this ({text}); have it granted, or choose another place"
    if any(word in whole for word in _MISSING):
        return "not there; check the name, of the bucket too"
    if isinstance(error, UnicodeError):
        return "the name is no UTF-8, which this place needs; rename it"
    if isinstance(error, IsADirectoryError):
        return "is a folder; name a file"
    return f"cannot be reached ({text or type(error).__name__}); try again"


def _causes(error: BaseException | None) -> Iterator[str]:
    """Names, texts and numbers of an error and of those behind it.

    Numbers are in brackets, as the text of S3's has them: names and ports hold such digits too.
    """
    while error is not None:
        numbers = (getattr(error, name, "") for name in ("code", "status", "status_code"))
        yield f"{type(error).__name__} {error} {' '.join(f'({number})' for number in numbers)}"
        error = error.__cause__ or error.__context__
