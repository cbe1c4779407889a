"""The page, and the routes described for people: files of the folder `page`."""

from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "page"

router = APIRouter(include_in_schema=False)

_FILES = StaticFiles(directory=FOLDER)


def _serve(path: str, name: str) -> None:
    """Answer at `path` with a file. A mount would take what other routes refuse for its own."""

    async def file(request: Request) -> Response:
        return await _FILES.get_response(name, request.scope)

    router.add_api_route(path, file, methods=["GET", "HEAD"])


_serve("/", "index.html")
_serve("/docs", "docs.html")
for _file in FOLDER.iterdir():
    _serve(f"/{_file.name}", _file.name)
