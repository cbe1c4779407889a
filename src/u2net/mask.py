"""Saliency -> mask at the size of the picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import Mask, Saliency
from u2net.errors import EngineError
from u2net.pictures.resample import bands
from u2net.weights.card import Card

PLAIN = Card(name="")
"""What is done to the maps of networks that nobody says more about."""

REACH = 50
"""A fiftieth of the map's longer side around what is sure belongs to it and stays as it is; beyond,
over half as much again, all falls to nothing. On 200 photos of ECSSD less would lower MAE further,
but thin parts have a say too."""


def understood(maps: NDArray[np.float32], card: Card) -> NDArray[np.float32]:
    """What a network gave, (maps, height, width), as maps of 0…1 that say what is meant."""
    if card.logits:
        maps = _softmax(maps) if card.task == "multiclass" else _sigmoid(maps)
    return 1 - maps if card.invert else maps


def to_mask(saliency: Saliency, size_hw: tuple[int, int], card: Card = PLAIN) -> Mask:
    """`saliency`, 0…1, without its veil, at `size_hw`, 0…255; the card says what is a veil.

    Where it says so the map is spread to its own minimum and maximum first, as the authors do; a
    map that is the same everywhere stays as it is. Zeros where there is no object. Raises
    `EngineError` when a value is no number.
    """
    check_numbers(saliency)
    if saliency.max() < card.nothing:
        return np.zeros(size_hw, np.uint8)
    return enlarged(cleared(stretched(saliency) if card.stretch else saliency, card), size_hw)


def check_numbers(maps: NDArray[np.float32]) -> None:
    """Raise `EngineError` when a value of a network's maps is no number."""
    if not np.isfinite(maps).all():
        raise EngineError("the network's map holds no numbers (nan); try --precision fp32")


def stretched(saliency: Saliency) -> Saliency:
    """`saliency` from 0 to 1; unchanged when it is constant."""
    low, high = saliency.min(), saliency.max()
    return saliency if low == high else (saliency - low) / (high - low)


def cleared(saliency: Saliency, card: Card = PLAIN) -> Saliency:
    """`saliency` with 0 up to the card's floor, 1 from its ceiling on, and spread evenly between.

    What is far from all that the network is half as sure of as of the surest is veil too, however
    dense: nothing stays there. The mask at one half is the same as without that.
    """
    spread = (saliency - card.floor) * (1 / (card.ceiling - card.floor))
    spread = np.clip(spread, 0, 1, out=spread)
    return np.asarray(spread * _near(saliency) if card.floor else spread, np.float32)


def _near(saliency: Saliency) -> NDArray[np.float32]:
    """1 near what is object for sure, 0 far from it, and a slope between."""
    surest = float(saliency.max())
    # What passes the lower bound weighs more and more, so that in a film nothing springs up.
    faint, half = surest * 0.45, surest * 0.5
    scale = 255 / max(half - faint, 1e-6)
    sure = cv2.convertScaleAbs(np.maximum(saliency, faint), alpha=scale, beta=-scale * faint)
    reach = max(saliency.shape) // REACH
    around = cv2.dilate(sure, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    slope = reach // 2 * 2 + 1
    fading = cv2.blur(around, (slope, slope), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(fading * np.float32(1 / 255), np.float32)


def enlarged(saliency: Saliency, size_hw: tuple[int, int]) -> Mask:
    """`saliency`, 0…1, resized bilinearly to `size_hw`, 0…255 rounded."""
    mask = np.empty(size_hw, np.uint8)
    for lines, band in bands(saliency, size_hw):
        mask[lines] = cv2.convertScaleAbs(band, alpha=255)
    return mask


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.exp(-np.logaddexp(0, -logits)), np.float32)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=0, keepdims=True))
    return np.asarray(powers / powers.sum(axis=0, keepdims=True), np.float32)
