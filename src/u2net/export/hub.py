"""Network + its ONNX file -> a folder that the Hugging Face hub takes as it is.

`model.onnx`, which `u2net remove --model FOLDER` runs; `model.safetensors`, the weights as they
were, which `u2net.network.load_checkpoint` loads; `README.md`, the card in the hub's format
(huggingface.co/docs/hub/model-cards); and where the hub has no word for the licence `LICENSE`,
which says what is known of it.
"""

import json
import re
from pathlib import Path
from typing import Any

from u2net.files import write
from u2net.network import U2Net, save_checkpoint
from u2net.weights.card import Card
from u2net.weights.catalog import FINISHED, read_card

LICENCES = frozenset({"apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "bsd-3-clause"})
"""Licences that the hub knows by these words; another one is `other`, with an id and a link."""

NOT_STATED = "not stated"
LICENCE_FILE = "LICENSE"


def write_hub(net: U2Net, onnx: bytes, folder: Path) -> None:
    """Write the folder; `onnx` is what `export_onnx` made of `net`."""
    write(folder / FINISHED, onnx)
    save_checkpoint(net, folder / "model.safetensors")
    card = read_card(onnx)
    write(folder / "README.md", readme(card).encode())
    if not _is_known(card):
        write(folder / LICENCE_FILE, _licence(card).encode())


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
            *_origin(card),
            *scored,
            "",
            "```sh",
            "u2net remove photo.jpg --model FOLDER",
            "```",
            "",
        ]
    )


def _origin(card: Card) -> list[str]:
    return [
        f"- Made by: {card.source or NOT_STATED}.",
        f"- Trained on: {card.training_data or NOT_STATED}.",
    ]


def _licence(card: Card) -> str:
    """What is known of a licence that the hub has no word for."""
    about = f"Licence of the weights of {card.name}: {card.licence or NOT_STATED}."
    return "\n".join([about, "", *_origin(card), ""])


def _is_known(card: Card) -> bool:
    return card.licence.lower() in LICENCES


def _licence_entries(card: Card) -> dict[str, str]:
    if _is_known(card):
        return {"license": card.licence.lower()}
    # The hub wants an id here: words in small letters, joined.
    words = re.findall(r"[a-z0-9.]+", card.licence.lower()) or NOT_STATED.split()
    return {"license": "other", "license_name": "-".join(words), "license_link": LICENCE_FILE}


def _table(card: Card) -> dict[str, Any]:
    return {
        **_licence_entries(card),
        "library_name": "onnx",
        "pipeline_tag": "image-segmentation",
        "tags": ["background-removal", "salient-object-detection", "u2net", "onnx", "safetensors"],
    }
