"""What a remover is asked for, as one value that every caller passes on."""

import os
from dataclasses import dataclass

from u2net.background import Background
from u2net.crop import NO_MARGIN, Margin
from u2net.edges import EDGES, Edges
from u2net.pictures.limits import LIMITS, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All settings of a `Remover`; the same options give the same pixels. Can be pickled."""

    model: str | os.PathLike[str] = "lite"
    """A name of the catalogue, an ONNX file, or the folder of a training run."""
    engine: str = "auto"
    """auto, openvino or onnxruntime, with a device after a colon where it is not the processor."""
    precision: str = "auto"
    """auto, fp32, bf16 or int8."""
    download: bool = False
    """Whether a published model that is not on this machine is fetched."""
    mask: bool = False
    """Whether `Remover.picture` makes the mask instead of the cut-out."""
    class_name: str = ""
    """Which class of a network that tells classes apart is the object; without one, `mask` makes
    the class map, and there is no cut-out."""
    background: Background | None = None
    """What `Remover.picture` puts behind the object; a value, so that no text is ever taken for the
    name of a file here."""

    edges: Edges = "fast"
    """How the network's map becomes a mask at the photo's size; of networks that tell classes apart
    or draw, as if off."""
    keep_colours: bool = False
    """Whether colours at the edges stay the photo's own, background among them; where edges are off
    they always do."""

    crop: bool = False
    """Whether `Remover.picture` makes only the part around the object; all where there is none."""
    crop_margin: Margin = NO_MARGIN
    """What that part has around the object, as far as the photo goes."""

    keep_metadata: bool = False
    """Whether `Remover.picture` keeps EXIF, XMP and IPTC, less what would be wrong."""

    limits: Limits = LIMITS
    """How large a picture may be, as a file and decoded."""

    def __post_init__(self) -> None:
        """Raises `ValueError` for settings that do not go together."""
        if self.edges not in EDGES:
            raise ValueError(f"edges are {', '.join(EDGES)}, not {self.edges!r}")
        if self.mask and self.background is not None:
            raise ValueError("a mask has no background: leave out one of them")
        if self.crop_margin != NO_MARGIN and not self.crop:
            raise ValueError("a margin is of what is cropped: set crop too")
