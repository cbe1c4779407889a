"""`u2net remove`: cut the salient object out of files, folders or a stream."""

import logging
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import click

from u2net.background import parse
from u2net.batch.inputs import find_inputs
from u2net.batch.plan import Existing, make_plan
from u2net.cli.maker import Maker
from u2net.cli.messages import say
from u2net.cli.output import destination
from u2net.cli.pipes import STDIN, write_stdout
from u2net.cli.stderr import libraries_silenced
from u2net.cli.work import Manner, work
from u2net.errors import ImageError
from u2net.machine.cores import cores
from u2net.pictures.encode import FORMATS
from u2net.remover import Remover

ENGINES = ("auto", "openvino", "onnxruntime")


def _check_engine(context: click.Context, option: click.Parameter, value: str) -> str:
    if value.partition(":")[0] not in ENGINES:
        raise click.BadParameter(f"'{value}' is none of {', '.join(ENGINES)}")
    return value


@click.command(name="remove")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT…")
@click.option("-o", "output", metavar="OUTPUT", help="File or folder to write; - is stdout.")
@click.option("--mask", is_flag=True, help="Write the 8-bit saliency mask instead of the cut-out.")
@click.option(
    "-m", "--model", default="lite", show_default=True, help="Name of a model, or an ONNX file."
)
@click.option(
    "--background",
    default="transparent",
    show_default=True,
    help="What comes behind: transparent, #rrggbb, a picture file, or blur.",
)
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Format of the output.")
@click.option(
    "--engine",
    default="auto",
    show_default=True,
    callback=_check_engine,
    help="auto, openvino or onnxruntime; with a device after a colon, such as openvino:gpu.",
)
@click.option("--precision", type=click.Choice(["auto", "fp32", "bf16", "int8"]), default="auto")
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Pictures worked on at a time.  [default: cores]"
)
@click.option("--skip-existing", is_flag=True, help="Leave out what is there already.")
@click.option("--overwrite", is_flag=True, help="Replace what is there already.")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path),
    metavar="FILE.jsonl",
    help="Write what became of every input, one JSON object a line.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Name the engine and every file.")
@libraries_silenced()
def command(
    inputs: tuple[str, ...],
    output: str | None,
    mask: bool,
    model: str,
    background: str,
    kind: str | None,
    engine: str,
    precision: str,
    jobs: int | None,
    skip_existing: bool,
    overwrite: bool,
    manifest: Path | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Cut the salient object out of INPUT: files, folders, or - for stdin.

    One file becomes NAME-cutout.png (NAME-mask.png) beside it, unless -o says otherwise. Folders
    are read with all that is below them, and their layout is kept in the folder OUTPUT.
    """
    # Pillow speaks of odd metadata in these ways; what matters is raised.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL + 1)
    paths = [Path(name) for name in inputs]
    _check_usage(paths, mask, background, skip_existing, overwrite)
    maker = Maker(
        remover=Remover(model, engine=engine, precision=precision),
        mask=mask,
        background=parse(background),
    )
    if output == "-" or (output is None and paths == [STDIN]):
        return _to_stdout(paths, maker, kind or "png")
    naming = destination(paths, output, kind, label="mask" if mask else "cutout")
    maker.check(naming.kind)
    existing: Existing = "skip" if skip_existing else "replace" if overwrite else "refuse"
    unlisted: list[ImageError] = []
    plan = make_plan(
        find_inputs(paths, leave_out=naming.folder, failed=unlisted.append),
        naming,
        existing,
        read_only=[Path(background), Path(model)],
        manifest=manifest,
    )
    for error in unlisted:
        say(str(error))
    manner = Manner(
        kind=naming.kind,
        jobs=jobs or cores(),
        existing=existing,
        manifest=manifest,
        quiet=quiet,
        verbose=verbose,
    )
    failed = work(plan, maker, manner)
    return 1 if failed or unlisted else 0


def _check_usage(
    paths: Sequence[Path], mask: bool, background: str, skip_existing: bool, overwrite: bool
) -> None:
    if mask and background != "transparent":
        raise click.UsageError("a mask has no background: leave out --mask or --background")
    if skip_existing and overwrite:
        raise click.UsageError("--skip-existing and --overwrite do not go together")
    if STDIN in paths and len(paths) > 1:
        raise click.UsageError("- (stdin) must be the only input")


def _to_stdout(paths: Sequence[Path], maker: Maker, kind: str) -> int:
    if len(paths) > 1 or paths[0].is_dir():
        raise click.UsageError("only one picture goes to stdout: name a folder with -o")
    if sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("stdout is a terminal: send it to a file, or name one with -o")
    maker.check(kind)
    write_stdout(maker(paths[0]).encode(kind))
    return 0
