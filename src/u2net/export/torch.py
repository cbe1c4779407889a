"""Network + card -> a program of torch.export (FILE.pt2), which torch runs without this package.

program = torch.export.load("FILE.pt2", extra_files=(about := {"u2net.card": ""})).module()
saliency = program(image)[0]
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from u2net.arrays import Batch
from u2net.errors import OutputError
from u2net.export.draft import LOGITS_KEY, Precision, draft
from u2net.export.half import widen_when_run
from u2net.export.proof import Proof, Run, prove
from u2net.export.trace import Form, example_of, maps_of
from u2net.files import write
from u2net.network import U2Net, fold
from u2net.weights.card import KEY, Card

SUFFIX = ".pt2"


def export_torch(
    net: U2Net,
    card: Card,
    path: str | Path,
    *,
    precision: Precision = "fp32",
    form: Form = Form(),  # noqa: B008 - frozen
) -> Proof:
    """Write `net` as a program of torch.export, the card among its extra files.

    Input and outputs as of the other formats, but that sides have a least length, which the
    program checks: a side of one pixel, halved, would be another program. Compared in torch.
    Raises `UnfitModelError` as `export_onnx`, `OutputError` unless `path` ends in .pt2.
    """
    import torch

    path = Path(path)
    if path.suffix != SUFFIX:
        raise OutputError(f"{path}: torch wants the suffix {SUFFIX}")
    drawn = draft(net, card, precision, form)
    stored = fold(drawn.stored).requires_grad_(False)
    if precision == "fp16":
        widen_when_run(stored)
    example, sizes = example_of(net, form)
    program = torch.export.export(maps_of(stored, form, card.task), example, dynamic_shapes=sizes)
    buffer = BytesIO()
    key = LOGITS_KEY if form.logits else KEY
    torch.export.save(program, buffer, extra_files={key: card.to_json()})
    least = max((int(free.lower) for free in program.range_constraints.values()), default=1)
    buffer.seek(0)
    proof = prove(runner(buffer), drawn, least=least)
    write(path, buffer.getvalue())
    return proof


def runner(file: Path | BytesIO) -> Run:
    """How a file is run by itself."""
    import torch

    program = torch.export.load(file).module()

    def run(batch: Batch) -> Sequence[Batch]:
        with torch.inference_mode():
            maps: list[torch.Tensor] = program(torch.from_numpy(batch))
        return [saliency.numpy() for saliency in maps]

    return run
