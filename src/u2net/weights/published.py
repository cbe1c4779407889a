"""The U²-Net family that others published: what each file is, where it is to be had, how it runs.

Sizes and SHA-256 are those that several public lists of these files agree on; `remark` says what
could not be checked so.
"""

from dataclasses import dataclass
from functools import partial

from u2net.errors import UnknownModelError
from u2net.weights.card import Card

RELEASES = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"
"""Where rembg keeps the family as ONNX."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A network file of others, which carries no card of its own."""

    card: Card
    address: str
    """Where it is to be had."""
    sha256: str = ""
    """Empty where nobody gives one: what comes could not be verified, so it is not fetched."""
    size_bytes: int = 0
    remark: str = ""
    """What is not known for certain."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.card.name

    @property
    def how_to_get(self) -> str:
        """What to do for it, where it cannot be fetched."""
        return (
            f"nobody gives its SHA-256, so that no download could be verified; get "
            f"{self.name}.pth from {self.address} yourself, and make the model with "
            f"'u2net export {self.name}.pth -o {self.name}.onnx'"
        )

    @property
    def megabytes(self) -> str:
        """Its size, for people."""
        return f"{self.size_bytes / 1e6:.1f} MB"


_authors = partial(
    Card,
    stretch=True,
    source="Qin et al., github.com/xuebinqin/U-2-Net",
    licence="Apache-2.0",
    training_data="DUTS-TR",
)


def _of_rembg(card: Card, sha256: str, size_bytes: int, **more: str) -> Published:
    address = f"{RELEASES}/{card.name}.onnx"
    return Published(card=card, address=address, sha256=sha256, size_bytes=size_bytes, **more)


_FAMILY = (
    _of_rembg(
        _authors(name="u2net"),
        "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
        175_997_641,
    ),
    _of_rembg(
        _authors(name="u2netp"),
        "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        4_574_861,
    ),
    _of_rembg(
        _authors(name="u2net_human_seg", training_data="Supervisely Person"),
        "01eb6a29a5c4d8edb30b56adad9bb3a2a0535338e480724a213e0acfd2d1c73c",
        175_997_641,
    ),
    _of_rembg(
        _authors(
            name="silueta",
            source="U²-Net made smaller (github.com/xuebinqin/U-2-Net, issue 295)",
            licence="none stated",
            training_data="none stated",
        ),
        "75da6c8d2f8096ec743d071951be73b4a8bc7b3e51d9a6625d63644f90ffeedb",
        44_173_029,
        remark="nobody says who made it smaller, or on what terms",
    ),
    _of_rembg(
        Card(
            name="u2net_cloth_seg",
            size_hw=(768, 768),
            logits=True,
            task="multiclass",
            classes=("background", "upper", "lower", "full"),
            apart=True,
            source="Levin Dabhi, github.com/levindabhi/cloth-segmentation",
            licence="MIT",
            training_data="iMaterialist (Fashion) 2019",
        ),
        "6d2cbc27bfbdc989e1fd325656d65902ecc6a3ccbe94b2d3655ec114efcb128e",
        176_194_565,
        remark="normalised as rembg does; its maker divides by 255, with mean and deviation .5",
    ),
    Published(
        card=_authors(
            name="u2net_portrait",
            size_hw=(512, 512),
            invert=True,
            floor=0.0,
            ceiling=1.0,
            nothing=0.0,
            task="drawing",
            training_data="APDrawingGAN",
        ),
        address="https://drive.google.com/file/d/1IG3HdpcRiDoWNookbncQjeaPN28t90yW",
        remark="a checkpoint, whose SHA-256 and size nobody gives",
    ),
)

PUBLISHED = {one.name: one for one in _FAMILY}
"""Name -> file."""

_CHECKPOINTS = {
    "10025a17f49cd3208afc342b589890e402ee63123d6f2d289a4a0903695cce58": "u2net",
    "e7567cde013fb64813973ce6e1ecc25a80c05c3ca7adbc5a54f3c3d90991b854": "u2netp",
}
"""SHA-256 of the authors' own checkpoint -> the name of the same as ONNX."""


def named(name: str) -> Published:
    """The published file of that name. Raises `UnknownModelError`, which lists all names."""
    if name not in PUBLISHED:
        known = ", ".join(PUBLISHED)
        raise UnknownModelError(f"{name}: nobody published a model of this name; known are {known}")
    return PUBLISHED[name]


def card_of(sha256: str) -> Card | None:
    """The card of the published file, ONNX or checkpoint, whose bytes have this SHA-256."""
    name = _CHECKPOINTS.get(sha256)
    found = (one.card for one in PUBLISHED.values() if name == one.name or sha256 == one.sha256)
    return next(found, None)
