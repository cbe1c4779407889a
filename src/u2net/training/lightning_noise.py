"""Silence for what the training libraries say that no user of this package can act on."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

NOISE = (
    ".*isinstance.treespec, LeafSpec.*",
    ".*does not have many workers.*",
    ".*Checkpoint directory .* exists and is not empty.*",
    ".*Total length of .* across ranks is zero.*",
    ".*pin_memory.*",
    ".*module.s. in eval mode at the start of training.*",
)
"""Beginnings of warnings: Lightning's advice on its own inner workings."""


@contextmanager
def lightning_noise() -> Iterator[None]:
    """Inside, Lightning tells warnings only, without the known ones."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        for pattern in NOISE:
            warnings.filterwarnings("ignore", message=pattern)
        for logger in loggers:
            logger.setLevel(logging.WARNING)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
