"""Batch -> saliency maps: what every engine promises."""

from typing import Protocol

from u2net.arrays import Batch


class Engine(Protocol):
    """A network file made ready to run; safe to call from several threads."""

    @property
    def name(self) -> str:
        """`openvino` or `onnxruntime`."""

    @property
    def device(self) -> str:
        """What it runs on, in the engine's own word: CPU, GPU.0, cuda."""

    @property
    def precision(self) -> str:
        """fp32, bf16 or int8."""

    def __call__(self, batch: Batch) -> Batch:
        """(N, 3, H, W) normalised -> (N, 1, H, W), 0…1; a new array for every call."""
