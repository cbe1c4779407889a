"""Rows -> tables: for the terminal, Markdown, LaTeX; results -> CSV, one line per picture."""

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from u2net.evaluation.comparison import Duel
from u2net.evaluation.measures.vector import Protocol
from u2net.evaluation.report.rows import COLUMNS, Row, brief, caption
from u2net.evaluation.score import Result

if TYPE_CHECKING:
    from rich.table import Table

WIDE = 120
"""Characters a line needs for every measure."""

USUAL = ("max_f", "mae", "weighted_f", "s_measure", "e_measure_mean", "relaxed_boundary_f")

_LATEX = {
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "²": "$^2$",
    "β": r"$\beta$",
    "†": r"$^\dagger$",
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
} | {character: "\\" + character for character in "&%$#_{}"}


def terminal(found: Sequence[Row], protocol: Protocol, width: int) -> "Table":
    """The table for `rich`: all measures where they fit, else those that papers print."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    columns = [name for name in COLUMNS if width >= WIDE or name in USUAL]
    table = Table(box=box.SIMPLE_HEAD, caption=caption(found, protocol), caption_justify="left")
    for heading in ("model", "data", "images"):
        table.add_column(heading, overflow="fold")
    for name in columns:
        table.add_column(COLUMNS[name][:-2], justify="right", no_wrap=True)
    for line in found:
        cells = [
            f"[bold]{line.cells[n]}[/]" if n in line.best else line.cells.get(n, "–")
            for n in columns
        ]
        table.add_row(escape(line.model), escape(line.data), line.images, *cells)
    return table


def terminal_duel(duel: Duel) -> "Table":
    """The comparison of two models for `rich`."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    ours, theirs = escape(duel.ours.source.name), escape(duel.theirs.source.name)
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"{ours} against {theirs} on {escape(duel.ours.data.name)}",
        title_justify="left",
        caption=f"Protocol {duel.ours.scores.protocol}. Paired bootstrap over "
        f"{duel.comparison.images} pictures. "
        f"They differ most on: {escape(', '.join(duel.apart)) or 'none'}.",
        caption_justify="left",
    )
    for heading in ("measure", ours, theirs, "difference", "95 % interval", "verdict"):
        table.add_column(heading, justify="left" if heading in ("measure", "verdict") else "right")
    for d in duel.comparison.differences:
        interval = f"{d.low:+.4f} … {d.high:+.4f}"
        figures = (brief(d.ours, 4), brief(d.theirs, 4), f"{d.difference:+.4f}", interval)
        table.add_row(COLUMNS[d.measure], *figures, d.verdict)
    return table


def markdown(found: Sequence[Row], protocol: Protocol) -> str:
    """A Markdown table with the protocol below it."""
    head = ["model", "data", "images", *COLUMNS.values()]
    lines = [head, ["---", "---", "---:", *["---:"] * len(COLUMNS)]]
    for line in found:
        cells = [
            f"**{line.cells[n]}**" if n in line.best else line.cells.get(n, "–") for n in COLUMNS
        ]
        names = [name.replace("|", "\\|") for name in (line.model, line.data, line.images)]
        lines.append(names + cells)
    return (
        "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n{caption(found, protocol)}\n"
    )


def latex(found: Sequence[Row], protocol: Protocol) -> str:
    """A LaTeX table (package booktabs) with the protocol as its caption."""
    head = ["Model", "Data", "Images", *COLUMNS.values()]
    lines = [" & ".join(escaped(cell) for cell in head) + r" \\", r"\midrule"]
    for line in found:
        cells = [
            rf"\textbf{{{line.cells[n]}}}" if n in line.best else line.cells.get(n, "--")
            for n in COLUMNS
        ]
        names = [escaped(name) for name in (line.model, line.data, line.images)]
        lines.append(" & ".join(names + cells) + r" \\")
    body = "\n".join(lines)
    columns = "lll" + "r" * len(COLUMNS)
    return (
        "\\begin{table}\n\\centering\n"
        f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n{body}\n\\bottomrule\n\\end{{tabular}}\n"
        f"\\caption{{{escaped(caption(found, protocol))}}}\n\\end{{table}}\n"
    )


def escaped(text: str) -> str:
    """Text as LaTeX takes it."""
    return "".join(_LATEX.get(character, character) for character in text)


def per_picture(results: Sequence[Result]) -> str:
    """CSV: one line per picture, scored or not, with the figures of it alone."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["model", "data", "stem", "protocol", *COLUMNS, "failure"])
    for result in results:
        about = [result.source.name, result.data.name]
        for stem in result.data.truths:
            figures = result.tally.rows.get(stem, {})
            cells = [repr(figures[n]) if n in figures else "" for n in COLUMNS]
            failure = result.tally.failures.get(stem, "")
            writer.writerow([*about, stem, result.scores.protocol, *cells, failure])
    return out.getvalue()
