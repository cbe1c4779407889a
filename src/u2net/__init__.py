"""U²-Net: find the salient object of a picture and cut it out."""

# Nothing is imported here, not even `typing`: until the command line has begun to answer signals,
# Ctrl-C is a traceback.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from u2net.cutout import Cutout as Cutout
    from u2net.cutout import Picture as Picture
    from u2net.data.channels import with_channels as with_channels
    from u2net.errors import U2NetError as U2NetError
    from u2net.options import Options as Options
    from u2net.pictures.limits import Limits as Limits
    from u2net.remover import Remover as Remover
    from u2net.remover import remove as remove
    from u2net.weights.card import Card as Card

__version__ = "0.1.0"
_HOMES = {
    "Card": "weights.card",
    "Cutout": "cutout",
    "Limits": "pictures.limits",
    "Options": "options",
    "Picture": "cutout",
    "Remover": "remover",
    "U2NetError": "errors",
    "remove": "remover",
    "with_channels": "data.channels",
}
"""Public name -> the module it lives in, imported when the name is first used."""

_SUBPACKAGES = frozenset({"evaluation", "network", "training"})

__all__ = [
    "Card",
    "Cutout",
    "Limits",
    "Options",
    "Picture",
    "Remover",
    "U2NetError",
    "__version__",
    "remove",
    "with_channels",
]


def __getattr__(name: str) -> "Any":
    from importlib import import_module

    if name in _SUBPACKAGES:
        return import_module(f"u2net.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'u2net' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(f"u2net.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_SUBPACKAGES})
