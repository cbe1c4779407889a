"""Blocks of the outer U: every kind a spec and the module it builds, kept in one table."""

from u2net.network.blocks.conv import BlockSpec
from u2net.network.blocks.nested import NestedSpec
from u2net.network.blocks.rsu import RSUSpec

BLOCKS: dict[str, type[BlockSpec]] = {"rsu": RSUSpec, "nested": NestedSpec}
"""Kind, as a stored spec names it -> the spec's class, a frozen dataclass of whole numbers, flags
and `U2NetSpec`s. A class that is added here can be stored in checkpoints and loaded."""
