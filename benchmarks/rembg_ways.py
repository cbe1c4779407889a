"""What is asked of `remove`, of rembg's and of ours: a name for each set of arguments."""

from typing import Any

WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "mask": {"only_mask": True},
    "hard": {"post_process_mask": True},
    "colour": {"bgcolor": (10, 200, 30, 128)},
    "putalpha": {"putalpha": True},
    "alone": {"decontaminate": True},
    "matting": {"alpha_matting": True},
}
"""The last two need pymatting."""
