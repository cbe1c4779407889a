"""Everything this package raises on bad input, in one tree.

U2NetError
├── ImageError
│   ├── UnreadableImageError
│   ├── ImageTooLargeError
│   ├── UnfitImageError
│   ├── MattingError
│   └── UnknownBackgroundError
├── FilmError
├── ModelError
│   ├── UnknownModelError
│   ├── UnfitModelError
│   └── DownloadError
├── EngineError
├── OutputError
│   └── OutputExistsError
├── PlaceError
│   └── OneFileError
├── DatasetError
│   └── NoLayoutError
├── TrainingError
├── EvaluationError
├── UnforeseenError
└── ExtraMissingError

Each message is one line that names the thing, says what is wrong and what to do. Library code
raises; the command line prints the message and exits with 1.
"""

from importlib.util import find_spec
from pathlib import Path


class U2NetError(Exception):
    """Base of all errors that this package raises on purpose."""


class ImageError(U2NetError):
    """A picture cannot be used."""


class UnreadableImageError(ImageError):
    """The bytes are no picture this package can decode."""


class ImageTooLargeError(ImageError):
    """The picture declares more pixels than the limit."""


class UnfitImageError(ImageError, TypeError, ValueError):
    """An object in memory is no picture: an array of another type or shape, or another thing."""


class MattingError(ImageError):
    """No alpha can be estimated for a picture."""


class UnknownBackgroundError(ImageError):
    """A text or a value stands for no background."""


class FilmError(U2NetError):
    """A film cannot be used: it is none, damaged, or cannot be shown as it should be."""


class ModelError(U2NetError):
    """A network file cannot be used."""


class UnknownModelError(ModelError):
    """No model of that name, and no such file."""


class UnfitModelError(ModelError):
    """The file is damaged, or holds another network than the one that was asked for."""


class DownloadError(ModelError):
    """A published file cannot be fetched, or what came is not it."""


class EngineError(U2NetError):
    """The engine, device or precision that was asked for cannot be used here."""


class OutputError(U2NetError):
    """A result cannot be written."""


class OutputExistsError(OutputError):
    """Something is there already, and it was not said that it may be replaced."""


class PlaceError(U2NetError):
    """What is at an address cannot be reached: no driver, no rights, no such bucket, no answer."""


class OneFileError(PlaceError):
    """One file is not there or may not be read, which says nothing of others at its place."""


class DatasetError(U2NetError):
    """A folder of pictures and masks is not what it should be."""


class NoLayoutError(DatasetError):
    """A folder has no images and masks in a known layout; it may hold photos alone."""


class TrainingError(U2NetError):
    """A training run cannot start or go on."""


class EvaluationError(U2NetError):
    """Maps and ground truth cannot be scored."""


class UnforeseenError(U2NetError):
    """One of many pieces of work failed by an error that is not of this package.

    The others go on; the error itself is the cause, its type is in the message.
    """

    def __init__(self, error: Exception) -> None:
        text = " ".join(str(error).split())
        kind = type(error).__name__
        if isinstance(error, MemoryError):
            told = f"needs more memory than there is ({kind}); make it smaller, or use fewer jobs"
        else:
            told = f"failed unexpectedly ({kind}{text and ': '}{text}); please report it"
        super().__init__(told)
        self.__cause__ = error


class ExtraMissingError(U2NetError):
    """An optional part is not installed; the message says which extra brings it, and how."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs the extra '{extra}': {install_command(extra)}")


def need(extra: str, *packages: str, purpose: str) -> None:
    """Raise `ExtraMissingError` unless all of `packages`, which `extra` brings, are installed.

    Looks for them and imports none. `purpose` begins the message: "scoring", "u2net train".
    """
    if not all(map(find_spec, packages)):
        raise ExtraMissingError(purpose, extra)


def install_command(extra: str) -> str:
    """What to type for `extra`, from where this package came: a clone, a file, or an index."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    clone = Path(__file__).parents[2]
    if (clone / "pyproject.toml").is_file():
        return f"pip install -e '{clone}[{extra}]'"
    try:
        # PEP 610: there is such a file unless the package came from an index.
        origin = json.loads(distribution("u2net").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        origin = {}
    scheme = f"{origin['vcs_info']['vcs']}+" if "vcs_info" in origin else ""
    place = f" @ {scheme}{origin['url']}" if origin else ""
    return f"pip install 'u2net[{extra}]{place}'"
