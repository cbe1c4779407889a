"""The page, and the routes described for people: files of the folder `page`."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "page"

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs() -> FileResponse:
    """All routes, for people."""
    return FileResponse(FOLDER / "docs.html")


def mount_page(app: FastAPI) -> None:
    """The page at `/`, behind all routes that `app` has."""
    app.mount("/", StaticFiles(directory=FOLDER, html=True))
