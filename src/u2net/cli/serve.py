"""`u2net serve`: the service with its page."""

import math
from typing import Any

import click

from u2net.cli import options
from u2net.cli.messages import say
from u2net.cli.stderr import libraries_silenced

MEGA = 1 << 20


class Finite(click.FloatRange):
    """A number that can be counted with: `nan` and `inf` are read as numbers as well."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no number to count with", param, ctx)
        return number


@click.command(name="serve", context_settings={"auto_envvar_prefix": "U2NET", "show_default": True})
@click.option("--host", default="127.0.0.1", help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=7000, help="0 is any that is free.")
@click.option(
    "-m",
    "--model",
    multiple=True,
    default=["lite"],
    metavar="NAME|FILE.onnx",
    help="What requests may ask for; the first is the default. May be given several times.",
)
@options.engine
@options.precision
@options.jobs("Pictures worked on at a time.")
@click.option(
    "--requests",
    type=click.IntRange(1),
    default=64,
    help="Requests held at a time, worked on or waiting; one more is told to come again.",
)
@click.option(
    "--request-megabytes",
    type=click.IntRange(1),
    default=256,
    help="Of all of them together, with answers that were not taken yet.",
)
@click.option(
    "--body-megabytes", type=click.IntRange(1), default=50, help="Of one request, at most."
)
@click.option("--megapixels", type=Finite(0.01), default=64, help="Of one picture, at most.")
@click.option(
    "--deadline",
    type=Finite(0.1),
    default=60,
    metavar="SECONDS",
    help="Until the turn of a request has come; as many again until it is answered.",
)
@click.option("--api-key", metavar="KEY", help="Must come with requests, in the header X-Api-Key.")
@click.option("--open", is_flag=True, help="Let everybody in who can reach --host, without a key.")
@click.option(
    "--origin",
    multiple=True,
    metavar="URL",
    help="Site whose pages may use the service. May be given several times.",
)
@click.option("--fetch", is_flag=True, help="Fetch pictures from addresses that requests name.")
@click.option(
    "--log",
    type=click.Choice(["off", "text", "json"]),
    default="off",
    help="A line a request on stderr.",
)
@libraries_silenced()
def command(
    model: tuple[str, ...],
    jobs: int | None,
    request_megabytes: int,
    body_megabytes: int,
    megapixels: float,
    origin: tuple[str, ...],
    **others: Any,
) -> int:
    """Cut out what is sent over HTTP, and show a page that does so.

    Every option can be set in the environment as well: U2NET_PORT, U2NET_API_KEY, … Ctrl-C or
    SIGTERM end the service once what was taken is done.
    """
    from u2net.errors import need

    need(
        "serve",
        "fastapi",
        "uvicorn",
        "python_multipart",
        "prometheus_client",
        "httpcore",
        purpose="serving",
    )
    from u2net.machine.cores import cores
    from u2net.serve.address import address_of, listen
    from u2net.serve.models import load_meanwhile, removers_for
    from u2net.serve.settings import Settings

    settings = Settings(
        models=model,
        jobs=jobs or cores(),
        request_bytes=request_megabytes * MEGA,
        body_bytes=body_megabytes * MEGA,
        pixels=round(megapixels * 1e6),
        origins=origin,
        **others,
    )
    if settings.is_exposed:
        raise click.UsageError(
            f"at {settings.host} others than this machine can come in: give an --api-key, or --open"
        )
    with listen(settings.host, settings.port) as listening:
        removers = removers_for(settings)
        loading = load_meanwhile(removers)
        from u2net.serve.server import serve

        say(f"serving at {address_of(listening)}")
        serve(settings, removers, listening, loading)
    return 0
