"""`u2net remove`: cut the salient object out of files, folders or a stream."""

import signal
from typing import TYPE_CHECKING, TypedDict

import click

from u2net.cli import interruption, options
from u2net.cli.stderr import libraries_silenced
from u2net.edges import Edges
from u2net.films.formats import FILMS
from u2net.films.options import EVERY
from u2net.pictures.formats import WRITTEN
from u2net.pictures.limits import Limits

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from u2net.crop import Margin

OURS = ("--background", "--crop", "--frames", "--keep-colours", "--keep-metadata")
"""Options of pixels that another tool does not have."""
EXCLUSIVE = (
    ("--skip-existing", "--overwrite"),
    ("--quiet", "--verbose"),
    ("--mask", "--background"),
    ("--mask", "--keep-colours"),
    ("--crop", "--frames"),
    *(("--compat", name) for name in OURS),
)
"""Options that do not go together."""


class Given(TypedDict):
    """What was asked."""

    inputs: tuple[str, ...]
    output: str | None
    mask: bool
    class_name: str
    model: str
    background: str
    edges: Edges
    keep_colours: bool
    crop: bool
    crop_margin: "Margin | None"
    kind: str | None
    frames: str
    keep_metadata: bool
    steady: bool
    every: int
    compat: str | None
    engine: str
    precision: str
    limits: Limits
    jobs: int | None
    skip_existing: bool
    overwrite: bool
    manifest: str | None
    names: str | None
    cluster: str | None
    as_json: bool
    quiet: bool
    verbose: bool


def margin(_: click.Context, __: click.Parameter, value: str | None) -> "Margin | None":
    """The margin that was given."""
    from u2net.crop import Margin

    try:
        return None if value is None else Margin.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(name="remove")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT…")
@click.option("-o", "output", metavar="OUTPUT", help="File or folder to write; - is stdout.")
@click.option(
    "--mask",
    is_flag=True,
    help="Write the 8-bit mask; of classes the class map, or, if the card says so, a mask of each.",
)
@click.option(
    "--class",
    "class_name",
    default="",
    metavar="NAME",
    help="Which class is the object, where the model tells several apart; each is all of them, "
    "each in a folder of its name.",
)
@options.model
@click.option(
    "--background",
    default="transparent",
    show_default=True,
    help="What comes behind: transparent, blur, a colour (#rrggbb, white), or a picture file; "
    "behind a film another film, too.",
)
@options.edges("fast")
@click.option(
    "--keep-colours",
    is_flag=True,
    help="Leave the photo's colours at the edges, the old background's among them.",
)
@click.option("--crop", is_flag=True, help="Write only the part around the object.")
@click.option(
    "--crop-margin",
    callback=margin,
    metavar="0..500|N%",
    help="Around it, in pixels or of the object; two or four go round as in CSS.  [default: 0]",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice([*WRITTEN, "gif", *FILMS]),
    help="Format of the output; gif is for --frames all, webm, mov, mp4 and apng for films.",
)
@click.option(
    "--frames",
    type=click.Choice(["first", "all"]),
    default="first",
    show_default=True,
    help="Of animations and documents: the first frame or page, or all of them in one file.",
)
@click.option(
    "--keep-metadata", is_flag=True, help="Keep EXIF (with the place), XMP and IPTC of the photo."
)
@click.option(
    "--steady/--no-steady",
    default=True,
    help="Films: whether neighbouring frames are made to agree where the picture does.",
)
@click.option(
    "--every",
    type=click.IntRange(1, EVERY),
    default=1,
    show_default=True,
    help="Films: of how many frames the network judges one; the others follow the motion.",
)
@click.option(
    "--compat",
    type=click.Choice(["rembg", "official"]),
    help="Make the pixels of that tool, from the same weights: of rembg, or of u2net_test.py.",
)
@options.engine
@options.precision
@options.limits
@options.jobs("Pictures worked on at a time.")
@click.option("--skip-existing", is_flag=True, help="Leave out what is there already.")
@click.option("--overwrite", is_flag=True, help="Replace what is there already.")
@click.option(
    "--manifest",
    metavar="FILE.jsonl",
    help="Write what became of every input, one JSON object a line; with --cluster, a folder of "
    "Parquet.",
)
@click.option(
    "--list",
    "names",
    metavar="FILE[:COLUMN]",
    help="Which pictures of the folder or address INPUT: one name a line, or a column of .csv or "
    ".parquet.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS|local",
    help="Work on a Ray cluster: one that is there (auto, HOST:PORT), or one of this machine.",
)
@options.as_json
@options.quiet
@click.option("-v", "--verbose", is_flag=True, help="Name the engine and every file.")
@interruption.watched(signal.SIGTERM)
@libraries_silenced()
def command(**given: "Unpack[Given]") -> int:
    """Cut the salient object out of INPUT: files, folders, or - for stdin.

    One file becomes NAME-cutout.png (NAME-mask.png) beside it, unless -o says otherwise. Folders
    are read with all that is below them, and their layout is kept in the folder OUTPUT. A film
    needs -o: .webm, .mov, .mp4, .apng, .png or .webp (animated), or a folder.
    """
    # What cuts out takes longer to import than usage to be told.
    from u2net.cli.removal import removed

    options.check_together(EXCLUSIVE)
    return removed(given)
