"""Name of a model -> where its file may lie on this machine.

Settings of the environment: `U2NET_MODELS` is the folder of models instead of the user's own, and
`U2NET_OFFLINE` (anything but empty and 0) forbids downloads. rembg's are read as rembg reads them:
`U2NET_HOME`, `REMBG_HOME`, `XDG_DATA_HOME`.
"""

import os
from pathlib import Path


def models_folder() -> Path:
    """Where downloads go, and where models of one's own are found by name; it need not be there."""
    if chosen := os.environ.get("U2NET_MODELS"):
        return Path(chosen)
    from platformdirs import user_data_path

    return user_data_path("u2net", appauthor=False) / "models"


def own_file(name: str) -> Path:
    """The file of the model `name` in the folder of models."""
    return models_folder() / f"{name}.onnx"


def files_of_rembg(name: str) -> list[Path]:
    """Where rembg would have its file of the model `name`, newer ways first."""
    file = f"{name}.onnx"
    return [place for home in _homes() for place in (home / "models" / name / file, home / file)]


def looked_in(name: str) -> str:
    """The folders where the model `name` was looked for, for people."""
    folders = [models_folder(), *_homes()]
    return f"looked for {name}.onnx in {', '.join(map(str, dict.fromkeys(folders)))}"


def offline() -> bool:
    """Whether the user forbids downloads."""
    return os.environ.get("U2NET_OFFLINE", "") not in ("", "0")


def _homes() -> list[Path]:
    """rembg's folders: the one that was chosen, today's, and that of versions before 2.0.8."""
    asked, data = os.environ.get("U2NET_HOME"), os.environ.get("XDG_DATA_HOME")
    today = os.environ.get("REMBG_HOME") or (f"{data}/rembg" if data else "~/.rembg")
    before = f"{data or '~'}/.u2net"
    # Never raises, where there is no home either.
    found = (os.path.expanduser(home) for home in (asked, today, before) if home)  # noqa: PTH111
    return [Path(home) for home in dict.fromkeys(found)]
