"""Runs inside rembg's own virtual environment: its cut-outs of photos, as PNG files.

    python edges_rembg_worker.py OUT PHOTO...

Its model u2netp is in U2NET_HOME. OUT gets PHOTO-WAY.png.
"""

import sys
from pathlib import Path

from rembg import new_session, remove

WAYS = {"plain": {}, "ppm": {"post_process_mask": True}, "dc": {"decontaminate": True}}
"""And `a`, alpha matting, of which what cannot be done is left out."""

out, *photos = map(Path, sys.argv[1:])
session = new_session("u2netp")
for photo in photos:
    for way, wishes in (WAYS | {"a": {"alpha_matting": True}}).items():
        target = out / f"{photo.stem}-{way}.png"
        if not target.exists():
            made = remove(photo.read_bytes(), session=session, force_return_bytes=True, **wishes)
            target.write_bytes(made)
    print(photo.stem, file=sys.stderr)
