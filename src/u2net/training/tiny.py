"""A toy of U²-Net's shape, for tests and smoke runs: three levels, a few thousand weights."""

from u2net.network import RSUSpec, U2NetSpec

TINY = U2NetSpec(
    encoders=(
        RSUSpec(4, mid=4, out=8),
        RSUSpec(3, mid=4, out=8),
        RSUSpec(3, mid=4, out=8, dilated=True),
    ),
    decoders=(RSUSpec(4, mid=4, out=8), RSUSpec(3, mid=4, out=8)),
)
