"""What the command line says, on stderr, one line each."""

import click


def say(text: str) -> None:
    """Print `text` on stderr as one line, whatever is in the names it holds."""
    click.echo(f"u2net: {one_line(text)}", err=True)


def one_line(text: str) -> str:
    """`text` with line ends, terminal codes and bytes that are no text written as escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
