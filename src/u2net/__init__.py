"""U²-Net: find the salient object of a picture and cut it out."""

from importlib.metadata import version

__version__ = version("u2net")
