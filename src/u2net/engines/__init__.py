"""Batch -> saliency, by whatever runs network files fastest here."""

from dataclasses import dataclass

from u2net.engines.calibration import int8_kind, read_calibration
from u2net.engines.choice import Request, candidates, parse
from u2net.engines.contract import PRECISIONS as PRECISIONS
from u2net.engines.contract import Engine as Engine
from u2net.engines.contract import check_card
from u2net.engines.forked import refuse_forked
from u2net.errors import EngineError
from u2net.machine.cores import cores, int8_weight_bits
from u2net.weights.card import Card
from u2net.weights.ir import is_ir


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An engine that is ready, and how it came to be."""

    engine: Engine
    request: Request
    refusals: tuple[tuple[Request, EngineError], ...]
    """What was preferred and could not be used, in that order."""


def load_engine(
    model: bytes,
    card: Card,
    *,
    engine: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    bits: int | None = None,
) -> Engine:
    """`model`, an ONNX file, made ready to run.

    `engine` is auto, openvino or onnxruntime, with a device after a colon (`openvino:gpu`,
    `onnxruntime:cuda`) when it is not the processor. `precision` auto is the fastest that holds
    quality for these weights, by their card, and that the device has instructions for.
    `threads` defaults to the cores this process may use, `bits`, those of the weights of int8, to
    what this processor sums without overflow: 8 or 7.
    Raises `EngineError` when engine, device or precision is not there or this process was forked
    from one that had OpenVINO at work, and `UnfitModelError` for a damaged file or a network that
    does not turn one picture into one map.
    """
    return choose_engine(
        model, card, engine=engine, precision=precision, threads=threads, bits=bits
    ).engine


def choose_engine(
    model: bytes,
    card: Card,
    *,
    engine: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    bits: int | None = None,
) -> Chosen:
    """As `load_engine`; says too what `auto` tried before and why that could not be used."""
    check_card(card)
    if bits is not None and bits > int8_weight_bits():
        raise EngineError(f"this processor sums no int8 by weights of {bits} bits; leave out bits")
    if precision not in ("auto", *PRECISIONS):
        raise EngineError(f"precision '{precision}' is unknown; use auto, {', '.join(PRECISIONS)}")
    requests = candidates() if engine == "auto" else [parse(engine)]
    if not requests:
        raise EngineError("no engine is installed; pip install openvino")
    if "openvino" in (request.name for request in requests):
        # At once: what auto would go on to is slower, and nobody asked for it.
        refuse_forked()
    refusals: list[tuple[Request, EngineError]] = []
    for request in requests:
        try:
            ready = _load(model, card, request, precision, threads or cores(), bits)
        except EngineError as error:
            refusals.append((request, error))
        else:
            return Chosen(engine=ready, request=request, refusals=tuple(refusals))
    # The first is about what was preferred; the others were only there to help out.
    raise refusals[0][1]


def _load(
    model: bytes, card: Card, request: Request, precision: str, threads: int, bits: int | None
) -> Engine:
    own = is_ir(model)
    calibration = None if own else read_calibration(model)
    bits = bits or int8_weight_bits()
    calibrated = calibration is not None and int8_kind(bits) in calibration.corrections
    if request.name == "onnxruntime":
        from u2net.engines import onnxruntime

        if own:
            raise EngineError("ONNX Runtime cannot read OpenVINO's format; use openvino")

        native = onnxruntime.precisions(request.device)
        chosen = choose_precision(precision, card, native, calibrated=calibrated)
        return onnxruntime.load(
            model,
            card,
            device=request.device,
            precision=chosen,
            calibration=calibration,
            bits=bits,
            threads=threads,
        )
    from u2net.engines.openvino import OpenVinoDevice

    device = OpenVinoDevice(request.device)
    native = device.precisions()
    if own and bits != 8:  # a file in int8 has weights of 8 bits
        native = [name for name in native if name != "int8"]
    chosen = choose_precision(precision, card, native, calibrated=calibrated)
    return device.load(
        model, card, precision=chosen, calibration=calibration, bits=bits, threads=threads
    )


def choose_precision(precision: str, card: Card, native: list[str], *, calibrated: bool) -> str:
    """The precision to run in, of those `native` to a device, fastest first.

    A file whose card does not name fp32 holds rounded weights and is run as it is. Raises
    `EngineError` when the one that was asked for cannot be had.
    """
    if "fp32" not in card.precisions:
        native = [name for name in native if name in card.precisions]
        if not native:
            asked = " or ".join(card.precisions)
            raise EngineError(f"the file is for {asked} alone, which this engine has not here")
        calibrated = True
    if precision == "auto":
        holds = (name for name in native if name in card.precisions)
        return next((name for name in holds if calibrated or name != "int8"), "fp32")
    if precision not in native:
        has = ", ".join(native)
        raise EngineError(f"this engine has no {precision} on this device, only {has}")
    if precision == "int8" and not calibrated:
        raise EngineError(
            f"{card.name} was not calibrated for int8 on such a processor, and would be ruined; "
            "export it with 'u2net export --calibrate FOLDER', or use another precision"
        )
    return precision
