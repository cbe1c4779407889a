"""Networks by name, or by a file with their spec."""

from pathlib import Path

from u2net.errors import UnfitModelError, UnknownModelError
from u2net.files import is_named_pipe
from u2net.network.blocks.nested import U2NetSpec
from u2net.network.specs import LONGEST, spec_from_json
from u2net.network.unet import FULL, LITE, SWIFT, TINY, U3

SPECS: dict[str, U2NetSpec] = {"full": FULL, "lite": LITE, "swift": SWIFT, "tiny": TINY, "u3": U3}
"""Networks that have a name."""
SUFFIX = ".json"
"""By which a file with a spec is known."""


def spec_of(name_or_file: str) -> U2NetSpec:
    """The spec of that name, or in that file, as `u2net models spec` prints it; nothing is built.

    Raises `UnknownModelError` for another name or where there is no file, `UnfitModelError` for a
    file that holds no spec.
    """
    if name_or_file in SPECS:
        return SPECS[name_or_file]
    path = Path(name_or_file)
    if path.suffix.lower() != SUFFIX:
        raise UnknownModelError(
            f"{name_or_file}: no such network; there are {', '.join(SPECS)}, and any FILE{SUFFIX} "
            "with a spec"
        )
    if is_named_pipe(path):
        raise UnfitModelError(f"{path}: a named pipe, not a file; name a file with a spec")
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST + 1).decode()
        return spec_from_json(text)
    except FileNotFoundError as error:
        raise UnknownModelError(f"{path}: no such spec; name a file that exists") from error
    except OSError as error:
        raise UnfitModelError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UnfitModelError(
            f"{path}: {error}; print one to begin with by 'u2net models spec lite'"
        ) from error


def name_of(spec: U2NetSpec) -> str | None:
    """What a network is called; None for one that somebody made."""
    return next((name for name, known in SPECS.items() if known == spec), None)
