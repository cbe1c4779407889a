"""Blocks of the outer U: every kind a spec and the module it builds, kept in one table."""

from u2net.network.blocks.chain import ChainSpec
from u2net.network.blocks.conv import BlockSpec
from u2net.network.blocks.dense import DenseSpec
from u2net.network.blocks.inception import InceptionSpec
from u2net.network.blocks.naive import NaiveSpec
from u2net.network.blocks.nested import NestedSpec
from u2net.network.blocks.plain import PlainSpec
from u2net.network.blocks.residual import ResidualSpec
from u2net.network.blocks.rsu import RSUSpec

BLOCKS: dict[str, type[BlockSpec]] = {
    "rsu": RSUSpec,
    "naive": NaiveSpec,
    "nested": NestedSpec,
    "chain": ChainSpec,
    "plain": PlainSpec,
    "residual": ResidualSpec,
    "dense": DenseSpec,
    "inception": InceptionSpec,
}
"""Kind, as a stored spec names it -> the spec's class, a frozen dataclass of whole numbers,
flags, `U2NetSpec`s and tuples of blocks. A class that is added here can be stored in checkpoints
and loaded."""
