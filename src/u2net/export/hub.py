"""Network + its ONNX file -> a folder that the Hugging Face hub takes as it is.

`model.onnx`, which `u2net remove --model FOLDER` runs; `model.safetensors`, the weights as they
were, which `u2net.network.load_checkpoint` loads; `README.md`, the card in the hub's format
(huggingface.co/docs/hub/model-cards).
"""

import json
from pathlib import Path
from typing import Any

from u2net.files import write
from u2net.network import U2Net, save_checkpoint
from u2net.weights.card import Card
from u2net.weights.catalog import FINISHED, read_card

LICENCES = frozenset({"apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "bsd-3-clause"})
"""Licences that the hub knows by these words; another one is `other`, with its name."""


def write_hub(net: U2Net, onnx: bytes, folder: Path) -> None:
    """Write the folder; `onnx` is what `export_onnx` made of `net`."""
    write(folder / FINISHED, onnx)
    save_checkpoint(net, folder / "model.safetensors")
    write(folder / "README.md", readme(read_card(onnx)).encode())


def readme(card: Card) -> str:
    """The model card: a table for the hub, words for people."""
    table = "".join(f"{name}: {json.dumps(value)}\n" for name, value in _table(card).items())
    scores = [
        f"| {data} | {', '.join(f'{name} {score:.4f}' for name, score in found.items())} |"
        for data, found in card.scores.items()
    ]
    scored = ["", "| data set | figures |", "|---|---|", *scores] if scores else []
    height, width = card.size_hw
    scaled = "its own maximum" if card.divide_by_max else "255"
    return "\n".join(
        [
            f"---\n{table}---",
            f"# {card.name}",
            "",
            "A U²-Net (Qin et al. 2020, arXiv 2005.09007): where the object of a photo is.",
            "",
            f"- Input `image`: (batch, {len(card.mean)}, {height}, {width}) float32; RGB divided "
            f"by {scaled}, less {list(card.mean)}, by {list(card.std)}.",
            "- Output `saliency`: (batch, 1, height, width), 0…1.",
            f"- Made by: {card.source or 'not stated'}.",
            f"- Trained on: {card.training_data or 'not stated'}.",
            *scored,
            "",
            "```sh",
            "u2net remove photo.jpg --model FOLDER",
            "```",
            "",
        ]
    )


def _table(card: Card) -> dict[str, Any]:
    licence = card.licence.lower()
    known = licence in LICENCES
    named = {"license": licence} if known else {"license": "other"}
    if not known:
        named["license_name"] = card.licence or "not stated"
    return {
        **named,
        "library_name": "onnx",
        "pipeline_tag": "image-segmentation",
        "tags": ["background-removal", "salient-object-detection", "u2net", "onnx", "safetensors"],
    }
