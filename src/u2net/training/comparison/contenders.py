"""What is compared: kinds of blocks in one outer U, and arrangements of U's, all of them specs.

The paper draws its blocks (Fig. 2) without all numbers. What was chosen where it is open:

- PLN, two convolutions, to M channels and to those that come out;
- RES, a stem to the channels that come out, and two convolutions over M added to it;
- DSE, four convolutions of M channels, each of which sees all before it, and one that mixes them;
- INC, one to M channels, four side by side dilated by 1, 3, 5 and 7, and one that mixes them;
- RSU, as the paper has it. PLN and RES grow with M, the three others with its square, as the paper
  says.

Of its rivals of arrangement: the U-Net (Ronneberger et al. 2015) with the channels of the outer U's
block doubled by level, padded and resized bilinearly; two U's of residual blocks in cascade, as
stacked hourglasses (Newell et al. 2016) are; NIV, the U of U-blocks without residual. U³-Net has a
U of RSUs in the place of each RSU. All have side outputs of every level, and are supervised alike.
"""

from collections.abc import Callable

from u2net.network import (
    BlockSpec,
    ChainSpec,
    DenseSpec,
    InceptionSpec,
    NaiveSpec,
    NestedSpec,
    PlainSpec,
    ResidualSpec,
    RSUSpec,
    U2NetSpec,
)

Make = Callable[[RSUSpec], BlockSpec]
"""An RSU of the outer U -> the block that stands in its place."""

BRANCHES = 4
"""Convolutions of DSE, and branches of INC."""
UNET_LEVELS = 5

KINDS: dict[str, Make] = {
    "PLN": lambda rsu: PlainSpec(rsu.mid, rsu.out),
    "RES": lambda rsu: ResidualSpec(rsu.mid, rsu.out),
    "DSE": lambda rsu: DenseSpec(BRANCHES, rsu.mid, rsu.out),
    "INC": lambda rsu: InceptionSpec(BRANCHES, rsu.mid, rsu.out),
    "RSU": lambda rsu: rsu,
}
"""Blocks by the paper's name."""

WIDTHS = (8, 16, 32, 64, 128, 256)
"""Channels inside a block, the paper's M, at which single blocks are counted."""
BLOCK_INPUTS, BLOCK_OUT, BLOCK_SIDE = 3, 64, 320
"""Of single blocks, as in the paper's figure: 320×320×3 in, 320×320×64 out."""


def single(kind: str, width: int) -> BlockSpec:
    """A block as the figure counts it; RSU is RSU-7."""
    return KINDS[kind](RSUSpec(7, mid=width, out=BLOCK_OUT))


def filled(outer: U2NetSpec, make: Make) -> U2NetSpec:
    """A U of RSUs with other blocks in their places."""
    sides = ((make(rsu) for rsu in side) for side in (outer.encoders, outer.decoders))  # type: ignore[arg-type]
    encoders, decoders = map(tuple, sides)
    return U2NetSpec(encoders, decoders, patch=outer.patch)


def networks(outer: U2NetSpec) -> dict[str, U2NetSpec]:
    """Everything that is trained, by name; `outer` is a U of RSUs, such as `LITE`."""
    blocks = {f"{kind} U-Net": filled(outer, make) for kind, make in KINDS.items() if kind != "RSU"}
    return {
        "U-Net": unet(outer),
        **blocks,
        "cascade": cascade(outer),
        "NIV U²-Net": filled(outer, lambda r: NaiveSpec(r.depth, r.mid, r.out, r.dilated)),
        "U²-Net (RSU)": outer,
        "U³-Net": filled(outer, deeper),
    }


def deeper(rsu: RSUSpec) -> NestedSpec:
    """A U of three RSUs and back, as wide inside as the RSU in whose place it stands."""
    levels = tuple(RSUSpec(depth, max(1, rsu.mid // 2), rsu.mid) for depth in (4, 3, 2))
    return NestedSpec(U2NetSpec(encoders=levels, decoders=levels[:-1]), out=rsu.out)


def unet(outer: U2NetSpec) -> U2NetSpec:
    """Two convolutions at each of five levels, the channels doubled from one to the next."""
    first = outer.encoders[0].out
    levels = tuple(PlainSpec(first << level, first << level) for level in range(UNET_LEVELS))
    return U2NetSpec(encoders=levels, decoders=levels[:-1])


def cascade(outer: U2NetSpec) -> U2NetSpec:
    """Two residual U's of residual blocks, one after the other."""
    one = NestedSpec(filled(outer, KINDS["RES"]), out=outer.encoders[0].out)
    return U2NetSpec(encoders=(ChainSpec((one, one)),), decoders=())
