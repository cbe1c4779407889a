"""Which files are films, by their first bytes, or else by their suffix."""

import re
from pathlib import Path

from u2net.files import is_file
from u2net.pictures.formats import HEAD, looks_like_picture

SUFFIXES = frozenset(
    {".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ts", ".webm"}
    | {".wmv"}
)
"""What films are called, for what has no signature or is cut off."""

DEMUXERS = "mov,matroska,avi,mpegts,mpeg,flv,asf,ogg,ivf,mxf"
"""What FFmpeg may take a file for: nothing that leads it to other files, such as playlists."""

_START = re.compile(
    rb"....(?:ftyp|moov|mdat|wide)|\x1a\x45\xdf\xa3|RIFF....AVI |FLV\x01|\x00\x00\x01\xba"
    rb"|\x30\x26\xb2\x75\x8e\x66\xcf\x11|DKIF|OggS",
    re.DOTALL,
)


def is_film(path: Path) -> bool:
    """Whether a file is a film; a picture, moving or not, is none, whatever it is called."""
    if not is_file(path):
        return path.suffix.lower() in SUFFIXES
    head = head_of(path)
    if looks_like_picture(head):
        return False
    return bool(_START.match(head)) or path.suffix.lower() in SUFFIXES


def head_of(path: Path) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""
