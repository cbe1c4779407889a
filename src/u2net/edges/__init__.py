"""Mask and photo -> alpha and colours at the photo's own resolution.

The network's map is coarse: of a photo of 6 megapixels one of its cells is 10 pixels wide. What
follows looks at the photo again, only in the band where the map is not sure.
"""

from typing import Literal, TypeAlias, get_args

Edges: TypeAlias = Literal["off", "fast", "matting"]
"""off: the map enlarged; fast: drawn to the photo's own edges; matting: then estimated there."""

EDGES: tuple[Edges, ...] = get_args(Edges)
