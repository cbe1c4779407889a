"""Photos -> a calibration: what the network's values are like, so that fewer bits hold them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from u2net.arrays import Batch
from u2net.batch.inputs import find_inputs
from u2net.data.channels import photo_at
from u2net.engines import PRECISIONS, load_engine
from u2net.engines.calibration import KEY, Calibration, int8_kind
from u2net.engines.choice import NAMES
from u2net.engines.openvino import OpenVinoDevice
from u2net.engines.quantise import LEVELS, convolutions, reach_of, sources, weights_of
from u2net.errors import EngineError, UnfitModelError
from u2net.export.proof import PHOTOS
from u2net.files import write
from u2net.machine.cores import int8_weight_bits
from u2net.pictures.source import Source, photo_of
from u2net.preprocess import input_of
from u2net.weights.card import KEY as CARD_KEY
from u2net.weights.card import Card
from u2net.weights.catalog import read_card

Floats: TypeAlias = NDArray[np.float32]

FEWEST, MOST = 8, 48
"""Photos that are needed, and that are used."""
POSITIONS = 256
"""Places looked at in each photo and layer."""
SHRINKAGES = np.linspace(1, 0.2, 33)
"""Parts of the whole range that are tried: rare values may be cut off so that others are finer."""
SCATTER, SHIFT = 0.01, 0.002
"""How far maps may be from fp32, of 1: on average, and on average with their sign. The latter may
be twice as far where that may be chance on so few photos (two standard errors). On the released
U²-Net† an uncalibrated bf16, which costs .009 MAE, has .017 and .012; the calibrated one .006 and
.001."""


NARROW = 0.004
"""The same as `SCATTER` for weights of 7 bits: the released U²-Net† has .0055, and loses .003 to
.006 of max F."""


@dataclass(frozen=True, slots=True)
class LayerInputs:
    """What one convolution met: (channels, samples) of its input, and where that comes from."""

    values: Floats
    weights: Floats
    origins: tuple[str, ...]


def calibrate(model: bytes, photos: Iterable[Source]) -> bytes:
    """The ONNX file `model` with a calibration, its card naming the precisions that hold.

    Real photos of the kind the network will meet, 8 or more, of which 48 are used; every fourth is
    kept back for the proof. Raises `UnfitModelError` for fewer or a network that is none of ours,
    and as `photo_of`.
    """
    card = read_card(model)
    batches = seen(islice(photos, MOST), card)
    if len(batches) < FEWEST:
        raise _too_few(len(batches))
    kept = batches[::4]
    met = observe(model, card, [batch for at, batch in enumerate(batches) if at % 4])
    calibration = measure(met)
    trial = replace(card, precisions=PRECISIONS)
    held = set(_holding(with_calibration(model, trial, calibration), trial, kept))
    kinds = {"bf16": "bf16", "int8": int8_kind(int8_weight_bits())}
    holds = (name for name in PRECISIONS[1:] if kinds[name] in held)
    if int8_kind(8) in held and int8_kind(7) not in held:
        del calibration.corrections[int8_kind(7)]
    return with_calibration(model, replace(card, precisions=("fp32", *holds)), calibration)


def seen(photos: Iterable[Source], card: Card) -> list[Batch]:
    """What the network sees of each photo, (1, 3, height, width), as when it serves."""
    return [input_of(photo_at(photo, card.extra), card)[None] for photo in photos]


def calibrate_file(path: Path, folder: Path) -> Card:
    """Calibrate the ONNX file `path`, in place, on photos from all over `folder`; its new card.

    Raises as `calibrate`, and `ImageError` for a picture that cannot be read.
    """
    data = calibrate(path.read_bytes(), photos_in(folder))
    write(path, data)
    return read_card(data)


def photos_in(folder: Path) -> list[Path]:
    """At most 48 of the pictures in `folder` and below, evenly spread over them, in order.

    Raises `UnfitModelError` for a folder that cannot be listed, or has fewer than 8.
    """
    found = find_inputs([folder], leave_out=None)
    if found.failed:
        raise UnfitModelError(f"no photos to calibrate on: {found.failed[0].error}")
    pictures = [one.path for one in found.inputs]
    if len(pictures) < FEWEST:
        raise _too_few(len(pictures))
    places = np.linspace(0, len(pictures) - 1, min(len(pictures), MOST)).round().astype(int)
    return [pictures[place] for place in places]


def embedded_photos() -> list[Source]:
    """The photos of this package and cuttings of them, 12 in all: few, and of few kinds."""
    found: list[Source] = []
    for path in PHOTOS:
        rgb = photo_of(path).rgb
        height, width = rgb.shape[:2]
        left, right = rgb[: height * 3 // 4, : width * 2 // 3], rgb[height // 4 :, width // 3 :]
        found += [rgb, left[:, ::-1].copy(), right.copy()]
    return found


def _too_few(photos: int) -> UnfitModelError:
    return UnfitModelError(f"{photos} photos are too few to calibrate; give {FEWEST} or more")


def observe(model: bytes, card: Card, batches: Iterable[Batch]) -> dict[str, LayerInputs]:
    """Convolution -> what it meets when `batches` go through `model` in float32."""
    device = OpenVinoDevice("cpu")
    graph = device.graph(model, card)
    nodes = convolutions(graph)
    fixed = {name: (weights_of(node), _origins(node)) for name, node in nodes.items()}
    graph.add_outputs([node.input_value(0) for node in nodes.values()])
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    request = device.core.compile_model(graph, device.name, settings).create_infer_request()
    random = np.random.default_rng(0)
    samples: dict[str, list[Floats]] = {name: [] for name in nodes}
    for batch in batches:
        request.infer([batch])
        for index, name in enumerate(nodes):
            values = request.get_output_tensor(index + 1).data[0]
            places = random.integers(0, values[0].size, POSITIONS)
            samples[name].append(values.reshape(len(values), -1)[:, places])
    return {
        name: LayerInputs(np.concatenate(samples[name], axis=1), *fixed[name]) for name in nodes
    }


def measure(met: dict[str, LayerInputs]) -> Calibration:
    """The ranges and corrections that follow from what the convolutions met."""
    ranges: dict[str, tuple[float, float]] = {}
    for layers in _sharing(met):
        found = best_range(np.concatenate([layer.values.ravel() for layer in layers]))
        ranges |= {origin: found for layer in layers for origin in layer.origins}
    to_int8 = {int8_kind(bits): int8_corrections(met, ranges, bits) for bits in (8, 7)}
    to_bf16 = {
        # Weights alone: a channel that is nearly constant does not lose its mean to rounding, but
        # what little it varies, and adding a mean back made the released weights worse.
        name: _correction(layer, round_bf16(layer.weights), lambda values: values)
        for name, layer in met.items()
    }
    return Calibration(ranges=ranges, corrections={**to_int8, "bf16": to_bf16})


def int8_corrections(
    met: dict[str, LayerInputs], ranges: dict[str, tuple[float, float]], bits: int
) -> dict[str, list[float]]:
    """Convolution -> what int8 by weights of `bits` takes from its channels."""
    return {
        name: _correction(
            layer, round_weights(layer.weights, bits), round_to(ranges[layer.origins[0]])
        )
        for name, layer in met.items()
    }


def best_range(values: Floats) -> tuple[float, float]:
    """Least and greatest of 256 even steps, one of them zero, of least square error on `values`."""
    tries = [_with_zero(*(shrink * np.array(_ends(values)))) for shrink in SHRINKAGES]
    errors = [float(np.square(round_to(ends)(values) - values).mean()) for ends in tries]
    return tries[int(np.argmin(errors))]


def round_to(ends: tuple[float, float]) -> Callable[[Floats], Floats]:
    """Rounding to 256 even steps between two ends, one of which or between which is zero."""
    low, high = ends
    step = np.float32((high - low) / (LEVELS - 1))

    def rounded(values: Floats) -> Floats:
        steps = np.clip(np.rint(values / step), round(low / step), round(high / step))
        return np.asarray(steps * step, np.float32)

    return rounded


def round_weights(weights: Floats, bits: int = 8) -> Floats:
    """To 255 steps, or 127 with 7 bits, even around zero, for each output channel."""
    step = reach_of(weights, bits) / 127
    return np.asarray(np.rint(weights / step) * step, np.float32)


def round_bf16(values: Floats) -> Floats:
    """To the nearest bfloat16, ties to even."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    kept = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return kept.astype(np.uint32).view(np.float32)


def _correction(
    layer: LayerInputs, weights: Floats, rounded: Callable[[Floats], Floats]
) -> list[float]:
    """What rounding takes from the mean of each output channel."""
    exact = layer.weights.sum(axis=(2, 3)) @ layer.values.mean(axis=1)
    lossy = weights.sum(axis=(2, 3)) @ rounded(layer.values).mean(axis=1)
    return [float(f"{value:.4g}") for value in exact - lossy]


def _sharing(met: dict[str, LayerInputs]) -> Iterator[list[LayerInputs]]:
    """Layers in groups: those whose inputs come, in part, from the same nodes have one range."""
    groups: list[tuple[set[str], list[LayerInputs]]] = []
    for layer in met.values():
        origins, layers = set(layer.origins), [layer]
        apart = []
        for other, others in groups:
            if origins & other:
                origins |= other
                layers += others
            else:
                apart.append((other, others))
        groups = [*apart, (origins, layers)]
    return (layers for _, layers in groups)


def _ends(values: Floats) -> tuple[float, float]:
    return min(0.0, float(values.min())), max(1e-6, float(values.max()))


def _with_zero(low: float, high: float) -> tuple[float, float]:
    """The ends moved by less than a step, so that zero, which pads, is a step."""
    step = (high - low) / (LEVELS - 1)
    below = round(-low / step)
    return float(-below * step), float((LEVELS - 1 - below) * step)


def _origins(convolution: Any) -> tuple[str, ...]:
    found = sources(convolution.input_value(0))
    return tuple(source.get_node().get_friendly_name() for source in found)


def _holding(model: bytes, card: Card, batches: list[Batch]) -> Iterator[str]:
    """Precisions whose maps stay near those of fp32, on every engine that has them here.

    One that none has is not proved. Of int8 there are two kinds; 8 bits are finer than 7, so that
    where the processor has those alone they speak for both.
    """
    exact = load_engine(model, card, precision="fp32")(np.concatenate(batches))
    for precision, bits, scatter in (
        ("bf16", None, SCATTER),
        ("int8", 8, SCATTER),
        ("int8", 7, NARROW),
    ):
        found = [_maps(model, card, engine, precision, bits, batches) for engine in NAMES]
        differences = [maps - exact for maps in found if maps is not None]
        if differences and all(_is_small(one, scatter) for one in differences):
            yield int8_kind(bits) if bits else precision


def _is_small(difference: Batch, scatter: float) -> bool:
    shifts = difference.mean(axis=(1, 2, 3))
    chance = 2 * shifts.std(ddof=1) / len(shifts) ** 0.5 if len(shifts) > 1 else 0.0
    shift = abs(shifts.mean())
    return bool(np.abs(difference).mean() <= scatter and shift <= SHIFT + min(chance, SHIFT))


def _maps(
    model: bytes, card: Card, engine: str, precision: str, bits: int | None, batches: list[Batch]
) -> Batch | None:
    """What an engine makes of `batches`; None where it has no such precision, or no such bits."""
    try:
        ready = load_engine(model, card, engine=engine, precision=precision, bits=bits)
        return ready(np.concatenate(batches))
    except EngineError:
        return None


def with_calibration(model: bytes, card: Card, calibration: Calibration) -> bytes:
    """The ONNX file `model` with another card and calibration."""
    import onnx

    proto = onnx.load_from_string(model)
    onnx.helper.set_model_props(
        proto,
        {prop.key: prop.value for prop in proto.metadata_props}
        | {CARD_KEY: card.to_json(), KEY: calibration.to_json()},
    )
    data: bytes = proto.SerializeToString()
    return data
