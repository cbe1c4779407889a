"""The network and the checkpoints that hold it (extra `[train]`: torch)."""
# ruff: noqa: E402 - what is missing is said before anything is imported

from u2net.errors import need

need("train", "torch", "safetensors", purpose="the network")

from u2net.network.average import average as average
from u2net.network.blocks import BLOCKS as BLOCKS
from u2net.network.blocks.chain import ChainSpec as ChainSpec
from u2net.network.blocks.conv import BlockSpec as BlockSpec
from u2net.network.blocks.dense import DenseSpec as DenseSpec
from u2net.network.blocks.inception import InceptionSpec as InceptionSpec
from u2net.network.blocks.naive import NaiveSpec as NaiveSpec
from u2net.network.blocks.nested import NestedSpec as NestedSpec
from u2net.network.blocks.nested import U2NetSpec as U2NetSpec
from u2net.network.blocks.plain import PlainSpec as PlainSpec
from u2net.network.blocks.residual import ResidualSpec as ResidualSpec
from u2net.network.blocks.rsu import RSUSpec as RSUSpec
from u2net.network.blocks.ushape import Features as Features
from u2net.network.checkpoint import load_checkpoint as load_checkpoint
from u2net.network.checkpoint import save_checkpoint as save_checkpoint
from u2net.network.fold import fold as fold
from u2net.network.unet import FULL as FULL
from u2net.network.unet import LITE as LITE
from u2net.network.unet import SWIFT as SWIFT
from u2net.network.unet import TINY as TINY
from u2net.network.unet import U3 as U3
from u2net.network.unet import U2Net as U2Net
from u2net.network.unet import full as full
from u2net.network.unet import lite as lite
from u2net.network.unet import swift as swift
