"""Name or path -> model file and its card."""

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from u2net.errors import UnfitModelError, UnknownModelError
from u2net.files import is_file, is_folder, is_there
from u2net.weights import ir
from u2net.weights.card import KEY, Card
from u2net.weights.onnx_file import read_metadata
from u2net.weights.places import files_of_rembg, looked_in, models_folder, own_file
from u2net.weights.published import PUBLISHED, Published, card_of

LARGEST = (1 << 31) - 1
"""Bytes of a protocol buffer message."""

FINISHED = "model.onnx"
"""The file of a run folder that is its result."""

_PROGRAM = (b"/archive_format", b"serialized_exported_program.json", b"/constants.pkl")
"""Names in the archives of torch.export, today's and earlier ones, and of TorchScript."""

EMBEDDED = Path(__file__).parent
"""The model files inside the package: one NAME.onnx each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A network file, ready for an engine."""

    name: str
    """What it was asked for by."""
    path: Path
    """Where it was read."""
    data: bytes
    """The whole ONNX file, or both files of OpenVINO's format (see `ir`)."""
    card: Card


def find_model(name_or_path: str, *, download: bool = False) -> Model:
    """The model of that name, the ONNX file at that path, or that of a run folder.

    Names are those of embedded models, then of published ones, which are fetched only when
    `download` says so, then of files in the folder of models. Raises `UnknownModelError` when there
    is none, `UnfitModelError` when the file cannot be used, and with `download` as that does.
    """
    wanted = PUBLISHED.get(name_or_path)
    if wanted and wanted.sha256:
        return _published(wanted, download)
    path = _place(name_or_path)
    data = read_model(path)
    if other := _other_kind(data, Path(name_or_path)):
        raise UnfitModelError(f"{name_or_path}: {other}")
    try:
        return Model(name=name_or_path, path=path, data=data, card=read_card(data))
    except UnfitModelError as error:
        raise UnfitModelError(f"{path}: {error}") from error


def card_named(name_or_path: str) -> Card:
    """The card of that model, of a published one whether it is here or not; as `find_model`."""
    wanted = PUBLISHED.get(name_or_path)
    return wanted.card if wanted and wanted.sha256 else find_model(name_or_path).card


def read_model(path: Path) -> bytes:
    """The whole file, FILE.xml joined with FILE.bin; as `find_model`, of a path."""
    if path.suffix.lower() == ir.SUFFIX:
        return ir.joined(_read(path), _read(ir.weights_beside(path)))
    return _read(path)


def _read(path: Path) -> bytes:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise UnfitModelError(f"{path}: is no file; name a model file")
        if about.st_size > LARGEST:
            raise UnfitModelError(f"{path}: is larger than any ONNX file (2 GB); use another model")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UnknownModelError(f"{path}: no such model; {_others(path)}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnfitModelError(f"{path}: cannot be read ({reason}); name a model file") from error


def embedded() -> list[str]:
    """Names of the models inside the package."""
    return sorted(path.stem for path in EMBEDDED.glob("*.onnx"))


def read_card(data: bytes) -> Card:
    """The card in `data`, or the one of a published file known by its SHA-256.

    Raises `UnfitModelError` when `data` is no network file, or one without a card.
    """
    try:
        card = ir.card_in(data) if ir.is_ir(data) else _card_in(data)
    except ValueError as error:
        message = f"a damaged model, or no ONNX file ({error}); fetch or export it again"
        raise UnfitModelError(message) from error
    card = card or published(data)
    if card is None:
        raise UnfitModelError(
            "the file has no card, so what it expects is not known; "
            "make one from its checkpoint with 'u2net export'"
        )
    return card


def _card_in(data: bytes) -> Card | None:
    text = read_metadata(data).get(KEY)
    return None if text is None else Card.from_json(text)


def published(data: bytes) -> Card | None:
    """The card of the file `data`, when it is one that others published."""
    return card_of(hashlib.sha256(data).hexdigest())


def on_disk(wanted: Published) -> list[Path]:
    """Files on this machine that may be the published one: ours, then rembg's."""
    places = [own_file(wanted.name), *files_of_rembg(wanted.name)]
    return [path for path in places if is_file(path)]


def names_of_own() -> list[str]:
    """Names of the files in the folder of models that nobody else published."""
    found = (path.stem for path in models_folder().glob("*.onnx") if is_file(path))
    verified = {one.name for one in PUBLISHED.values() if one.sha256}
    return sorted(set(found) - verified - set(embedded()))


def _published(wanted: Published, download: bool) -> Model:
    there = on_disk(wanted)
    for path in there:
        data = read_model(path)
        if hashlib.sha256(data).hexdigest() == wanted.sha256:
            return Model(name=wanted.name, path=path, data=data, card=wanted.card)
    if not download:
        raise UnknownModelError(
            f"{wanted.name}: is not on this machine ({looked_in(wanted.name)})"
            f"{_not_it(wanted, there)}; fetch it with 'u2net models download {wanted.name}' "
            f"({wanted.megabytes}), or in Python with download=True"
        )
    from u2net.weights.download import download as fetched

    path = fetched(wanted)
    return Model(name=wanted.name, path=path, data=read_model(path), card=wanted.card)


def _not_it(wanted: Published, there: list[Path]) -> str:
    """What is said of the files that are `there` and are not what is wanted."""
    if not there:
        return ""
    others = f"; {' and '.join(map(str, there))} is another file, or damaged"
    # Ours keeps its place; rembg's are let alone, and do not hinder.
    mine = own_file(wanted.name)
    return f"{others}; first delete {mine}, or give it another name" if mine in there else others


def _place(name_or_path: str) -> Path:
    if name_or_path in embedded():
        return EMBEDDED / f"{name_or_path}.onnx"
    path = Path(name_or_path)
    if not is_there(path) and name_or_path in names_of_own():
        return own_file(name_or_path)
    if not is_folder(path):
        return path
    if not is_file(path / FINISHED) and is_folder(path / "checkpoints"):
        raise UnknownModelError(
            f"{path}: the run has no {FINISHED} yet; wait for its end, or make one of its best "
            f"weights with 'u2net export {path} -o {path / FINISHED}'"
        )
    return path / FINISHED


def _others(path: Path) -> str:
    """What there is instead of the file that is missing."""
    if wanted := PUBLISHED.get(str(path)):
        return wanted.how_to_get
    beside = path.parent / f"{path.name.removesuffix('.onnx')}.onnx"
    if is_file(beside):
        return f"there is {beside}, name it by its whole path"
    names = ", ".join([*embedded(), *PUBLISHED, *names_of_own()])
    where = f"{path.absolute()} and {own_file(path.name)}"
    return f"looked for {where}; there are {names}, and any model file by its path"


def _other_kind(data: bytes, file: Path) -> str:
    """What `data` is when it is a whole file of another kind, and what to do; else nothing."""
    made = file.with_suffix(".onnx")
    if data.startswith(b"PK") and any(part in data for part in _PROGRAM):
        return (
            "is a program of torch, which torch alone runs; make an ONNX file of the checkpoint "
            f"behind it with 'u2net export CHECKPOINT -o {made}'"
        )
    if data.startswith(b"\x80\x02") or (data.startswith(b"PK") and b"/data.pkl" in data):
        kind = "is a checkpoint of PyTorch"
    elif data[8:9] == b"{" and int.from_bytes(data[:8], "little") < len(data):
        kind = "is a safetensors checkpoint"
    else:
        return ""
    return f"{kind}, and models are ONNX files; make one with 'u2net export {file} -o {made}'"
