"""Network + card -> what an exported file is to be, whatever its format."""

import copy
from dataclasses import dataclass
from typing import Literal, TypeAlias

from u2net.errors import UnfitModelError
from u2net.export.half import rounded
from u2net.export.trace import Form
from u2net.network import U2Net
from u2net.weights.card import Card

LOGITS_KEY = "u2net.card.logits"
"""Where a file of logits keeps its card: elsewhere, so that nobody takes its maps for saliency."""

Precision: TypeAlias = Literal["fp32", "fp16"]
"""How weights are stored. The arithmetic is float32 in both; engines may choose another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file to be, and what it has to be proved against."""

    card: Card
    form: Form
    precision: Precision
    stored: U2Net
    """The network with the weights that the file holds."""
    exact: U2Net
    """The network with the weights as they were."""


def draft(net: U2Net, card: Card, precision: Precision, form: Form) -> Draft:
    """Raises `UnfitModelError` when card, precision or form cannot be those of `net`."""
    if len(card.mean) != net.inputs:
        channels = f"{net.inputs} channels go in, its card normalises {len(card.mean)}"
        raise UnfitModelError(f"{card.name}: {channels}; give the card as many of mean and std")
    if card.classes and len(card.classes) != net.outputs:
        names = f"{net.outputs} maps come out, its card names {len(card.classes)} classes"
        raise UnfitModelError(f"{card.name}: {names}; give the card as many")
    if form.size_hw and form.size_hw != card.size_hw:
        sizes = f"the file would take {form.size_hw}, its card says {card.size_hw}"
        raise UnfitModelError(f"{card.name}: {sizes}; give both one size")
    exact = copy.deepcopy(net).cpu().float().eval()
    stored = rounded(exact) if precision == "fp16" else exact
    return Draft(card=card, form=form, precision=precision, stored=stored, exact=exact)
