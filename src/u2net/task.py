"""What a network is for."""

from typing import Literal, TypeAlias

Task: TypeAlias = Literal["saliency", "multiclass", "multilabel", "drawing"]
"""What the maps of a network say of a pixel: how salient it is; of which one class it is; of each
class, whether it is of it; how bright it is in a drawing of the picture."""
