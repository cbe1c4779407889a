"""rembg's two functions by their names, signatures and types: a program switches by one line.

    from u2net.compat.rembg import remove, new_session    # was: from rembg import …

Pixels are those of rembg 2.0.86 with the same weights, to within one level. Not the same on
purpose: the default model is the embedded one, nothing is fetched unless `download` says so, an
option that is not known is an error, and what rembg passes over in silence is a warning.
"""

import os
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from u2net.errors import EngineError, UnknownModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from u2net.compat.as_rembg import Classes
    from u2net.compat.matting import Matting
    from u2net.remover import Remover

Colour: TypeAlias = tuple[int, int, int, int]
"""Red, green, blue, opacity."""

PARTS = {"upper": ((1,),), "lower": ((2,),), "full": ((3,),), "attire": ((1, 2, 3),)}
"""What `cloth_category` of the model u2net_cloth_seg may be -> the classes of its masks."""


class UnknownSessionError(UnknownModelError, ValueError):
    """No model of that name; rembg raises `ValueError`."""


class Session:
    """A model made ready to run, as `new_session` gives it; safe to share between threads."""

    def __init__(self, model_name: str, remover: "Remover") -> None:
        self.model_name = model_name
        self._remover = remover

    def name(self) -> str:
        """What it was asked for by."""
        return self.model_name

    def download_models(self) -> str:
        """The path of its file, which is here: a session is made ready before it is given."""
        from u2net.weights.catalog import find_model

        return str(find_model(os.fspath(self._remover.options.model)).path)

    def predict(
        self, img: "Image", *, cc: str | None = None, cloth_category: str | None = None
    ) -> "list[Image]":
        """The masks of a Pillow image, 8-bit grey at its size: one, or one for each class."""
        from u2net.compat.as_rembg import masks_of

        engine, card = self._remover.load()
        return masks_of(img, engine, card, _parts(cc or cloth_category))


def new_session(
    model_name: str = "lite",
    *args: Any,
    sess_opts: Any = None,
    providers: list[str] | None = None,
    model_path: str | None = None,
    download: bool = False,
) -> Session:
    """The model of that name, or of the file `model_path`, made ready to run.

    Names are those of `u2net models`. Raises `UnknownSessionError`, a `ValueError`, for another
    one, `UnknownModelError` for one that is not on this machine unless it may be fetched
    (`download`), and as `Remover.load`. Of `sess_opts`, options of ONNX Runtime, none is used,
    which is a warning.
    """
    from u2net.remover import Remover

    if args:
        raise TypeError(f"new_session takes one name, not {args!r} as well")
    if sess_opts is not None:
        warnings.warn("sess_opts is not used: u2net sets up its engines itself", stacklevel=2)
    if model_path is None:
        check_name(model_name)
    model = model_name if model_path is None else model_path
    remover = Remover(model, engine=_engine(providers), precision="fp32", download=download)
    remover.load()
    return Session(model_name, remover)


def remove(
    data: "bytes | Image | NDArray[np.uint8]",
    alpha_matting: bool = False,
    alpha_matting_foreground_threshold: int = 240,
    alpha_matting_background_threshold: int = 10,
    alpha_matting_erode_size: int = 10,
    session: Session | None = None,
    only_mask: bool = False,
    post_process_mask: bool = False,
    decontaminate: bool = False,
    vitmatte: bool = False,
    vitmatte_model: str | None = None,
    bgcolor: Colour | None = None,
    force_return_bytes: bool = False,
    *args: Any,
    putalpha: bool = False,
    cc: str | None = None,
    cloth_category: str | None = None,
) -> "bytes | Image | NDArray[np.uint8]":
    """`data` without its background: bytes of a PNG for bytes, else what `data` is.

    All arguments as rembg has them. Several masks come below each other. Raises `ValueError` for
    another type of `data`, `ImageError` for what is no picture, `ExtraMissingError` for matting
    without the extra `[matting]`.
    """
    from u2net.compat import as_rembg
    from u2net.compat.matting import Matting

    if args:
        raise TypeError(f"remove takes no {args!r} as well")
    if vitmatte or vitmatte_model:
        raise UnknownModelError("vitmatte: that network is not here; use alpha_matting")
    image = _upright(data, force_return_bytes)
    masks = (session or _default()).predict(image, cc=cc, cloth_category=cloth_category)
    if post_process_mask:
        masks = [as_rembg.hardened(mask) for mask in masks]
    if not only_mask:
        matting = Matting(
            foreground=alpha_matting_foreground_threshold,
            background=alpha_matting_background_threshold,
            erode=alpha_matting_erode_size,
        )
        way = "matting" if alpha_matting else "alone" if decontaminate else "plain"
        masks = [_cut_out(image, mask, way, putalpha, matting) for mask in masks]
    made = as_rembg.below_each_other(masks)
    if bgcolor is not None and not only_mask:
        made = as_rembg.over_colour(made, bgcolor)
    result: bytes | Image | NDArray[np.uint8] = _as(made, data, force_return_bytes)
    return result


def _cut_out(
    image: "Image", mask: "Image", way: str, putalpha: bool, matting: "Matting"
) -> "Image":
    """RGBA: matted, with the colours of the object alone, or plain."""
    from u2net.compat import as_rembg
    from u2net.compat.matting import decontaminated, matted

    if way == "matting":
        try:
            return matted(image, mask, matting)
        except ValueError as error:
            warnings.warn(f"no matting ({error}): the plain mask is used", stacklevel=3)
    if putalpha:
        return as_rembg.with_alpha(image, mask)
    return (as_rembg.cut_out if way == "plain" else decontaminated)(image, mask)


def check_name(name: str) -> None:
    """Raise `UnknownSessionError` unless there may be a model of that name."""
    from u2net.weights.catalog import embedded, names_of_own
    from u2net.weights.published import PUBLISHED

    known = [*embedded(), *PUBLISHED, *names_of_own()]
    if name not in known:
        raise UnknownSessionError(
            f"{name}: no session of this name; there are {', '.join(known)}, and any ONNX file "
            "with a card by model_path"
        )


def _engine(providers: list[str] | None) -> str:
    """The engine for what rembg gives to ONNX Runtime."""
    from u2net.engines.choice import PROVIDERS

    wanted = [one for one in providers or () if one != PROVIDERS["cpu"]]
    if not wanted:
        return "auto"
    device = next((device for device, name in PROVIDERS.items() if name == wanted[0]), None)
    if device is None:
        raise EngineError(f"{wanted[0]}: unknown here; use {', '.join(PROVIDERS.values())}")
    return f"onnxruntime:{device}"


def _parts(category: str | None) -> "Classes":
    if category is not None and category not in PARTS:
        raise ValueError(f"cloth_category is {', '.join(PARTS)}, not {category!r}")
    return PARTS[category] if category else ()


@lru_cache(maxsize=1)
def _default() -> Session:
    return new_session()


def _upright(data: Any, force_return_bytes: bool) -> "Image":
    import numpy as np
    from PIL import Image, ImageOps

    from u2net.pictures.decode import read_picture

    if isinstance(data, bytes) or force_return_bytes:
        return read_picture(bytes(data))
    if isinstance(data, np.ndarray):
        data = Image.fromarray(data)
    if not isinstance(data, Image.Image):
        raise ValueError(f"data is bytes, a Pillow image or an array, not {type(data)}")
    return ImageOps.exif_transpose(data)


def _as(made: "Image", data: Any, force_return_bytes: bool) -> Any:
    """`made` in the type of `data`."""
    import numpy as np

    from u2net.pictures.encode import encode

    if isinstance(data, bytes) or force_return_bytes:
        return encode(np.asarray(made), "png")
    return np.asarray(made) if isinstance(data, np.ndarray) else made
