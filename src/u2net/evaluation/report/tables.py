"""Rows -> tables as papers print them: for the terminal, Markdown, LaTeX; results -> CSV.

With several data sets, Markdown and LaTeX have a line per model and the sets side by side. Best and
second best are bold and underlined.
"""

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from u2net.evaluation.comparison import Duel
from u2net.evaluation.report.rows import HEADINGS, PRINTED_USUALLY, SALIENCY, Row, brief
from u2net.evaluation.score import Result

if TYPE_CHECKING:
    from rich.table import Table

WIDE = 120
"""Characters a line needs for the measures of salient object detection."""

_LATEX = {
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "²": "$^2$",
    "β": r"$\beta$",
    "†": r"$^\dagger$",
    "–": "--",
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
} | {character: "\\" + character for character in "&%$#_{}"}


def terminal(found: Sequence[Row], caption: str, width: int, measures: Sequence[str]) -> "Table":
    """The table for `rich`; without chosen measures those of the field, as far as they fit."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    columns = measures or (SALIENCY if width >= WIDE else PRINTED_USUALLY)
    table = Table(box=box.SIMPLE_HEAD, caption=caption, caption_justify="left")
    for heading in ("model", "data", "images"):
        table.add_column(heading, overflow="fold")
    for name in columns:
        table.add_column(HEADINGS[name][:-2], justify="right", no_wrap=True)
    for line in found:
        cells = [marked(line, name, ("[bold]{}[/]", "[underline]{}[/]")) for name in columns]
        table.add_row(escape(line.model), escape(line.data), line.images, *cells)
    return table


def terminal_duel(duel: Duel, caption: str) -> "Table":
    """The comparison of two models for `rich`."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    ours, theirs = escape(duel.ours.source.name), escape(duel.theirs.source.name)
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"{ours} against {theirs} on {escape(duel.ours.data.name)}",
        title_justify="left",
        caption=f"{caption} Paired bootstrap over {duel.comparison.images} pictures. "
        f"They differ most on: {escape(', '.join(duel.apart)) or 'none'}.",
        caption_justify="left",
    )
    for heading in ("measure", ours, theirs, "difference", "95 % interval", "verdict"):
        table.add_column(heading, justify="left" if heading in ("measure", "verdict") else "right")
    for d in duel.comparison.differences:
        interval = f"{d.low:+.4f} … {d.high:+.4f}"
        figures = (brief(d.ours, 4), brief(d.theirs, 4), f"{d.difference:+.4f}", interval)
        table.add_row(HEADINGS[d.measure], *figures, d.verdict)
    return table


def marked(row: Row | None, name: str, marks: tuple[str, str]) -> str:
    """A figure as printed, marked where it is the best or the second; – where there is none."""
    text = row.cells.get(name, "–") if row else "–"
    rank = row.ranks.get(name) if row else None
    return marks[rank - 1].format(text) if rank else text


def by_set(found: Sequence[Row]) -> tuple[dict[str, str], list[dict[str, Row]]]:
    """Set -> how many pictures of it were scored; and for every model its rows by set."""
    counts: dict[str, str] = {}
    models: dict[str, dict[str, Row]] = {}
    for row in found:
        models.setdefault(row.model, {})[row.column] = row
        if not row.printed:
            fullest = max((counts.get(row.column, "0"), row.images.split()[0]), key=int)
            counts[row.column] = fullest
    lines = sorted(models.values(), key=lambda line: next(iter(line.values())).printed)
    return counts, lines


def markdown(found: Sequence[Row], caption: str, measures: Sequence[str]) -> str:
    """A Markdown table with its caption below it."""
    marks = ("**{}**", "<u>{}</u>")
    counts, lines = by_set(found)
    if len(counts) > 1:
        columns = measures or PRINTED_USUALLY
        pairs = [(data, name) for data in counts for name in columns]
        head = ["model", *(f"{data} {HEADINGS[name]}" for data, name in pairs)]
        body = [
            [next(iter(line.values())).model, *(marked(line.get(d), n, marks) for d, n in pairs)]
            for line in lines
        ]
    else:
        columns = measures or SALIENCY
        head = ["model", "data", "images", *(HEADINGS[name] for name in columns)]
        body = [
            [row.model, row.data, row.images, *(marked(row, n, marks) for n in columns)]
            for row in found
        ]
    names = 1 if len(counts) > 1 else 3
    rule = ["---"] * names + ["---:"] * (len(head) - names)
    return ruled((head, rule, *body)) + f"\n{caption}\n"


def ruled(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells as Markdown."""
    table = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in table)


def latex(found: Sequence[Row], caption: str, measures: Sequence[str]) -> str:
    """A LaTeX table (package booktabs) with its caption."""
    counts, lines = by_set(found)
    many = len(counts) > 1
    columns = measures or (PRINTED_USUALLY if many else SALIENCY)
    body = beside(counts, lines, columns) if many else below(found, columns)
    kinds = "l" + "r" * len(counts) * len(columns) if many else "lll" + "r" * len(columns)
    return booktabs(kinds, body, caption)


def booktabs(kinds: str, lines: Sequence[str], caption: str) -> str:
    """The lines of a LaTeX table, whose columns are of these kinds, with all that stands around."""
    rows = "\n".join(lines)
    return (
        "\\begin{table}\n\\centering\n"
        f"\\begin{{tabular}}{{{kinds}}}\n\\toprule\n{rows}\n\\bottomrule\n\\end{{tabular}}\n"
        f"\\caption{{{escaped(caption)}}}\n\\end{{table}}\n"
    )


def below(found: Sequence[Row], columns: Sequence[str]) -> list[str]:
    """The lines of a LaTeX table with one result a line."""
    head = ["Model", "Data", "Images", *(HEADINGS[name] for name in columns)]
    lines = [" & ".join(map(escaped, head)) + r" \\", r"\midrule"]
    for row in found:
        names = map(escaped, (row.model, row.data, row.images))
        lines.append(" & ".join([*names, *latex_cells(row, columns)]) + r" \\")
    return lines


def beside(
    counts: dict[str, str], models: Sequence[dict[str, Row]], columns: Sequence[str]
) -> list[str]:
    """The lines of a LaTeX table with one model a line and the sets side by side."""
    wide = len(columns)
    sets = [
        rf"\multicolumn{{{wide}}}{{c}}{{{escaped(data)} ({count})}}"
        for data, count in counts.items()
    ]
    rules = "".join(
        rf"\cmidrule(lr){{{2 + n * wide}-{1 + (n + 1) * wide}}}" for n in range(len(counts))
    )
    heads = [escaped(HEADINGS[name]) for _ in counts for name in columns]
    lines = [
        " & ".join(["", *sets]) + r" \\",
        rules,
        " & ".join(["Model", *heads]) + r" \\",
        r"\midrule",
    ]
    for line in models:
        name = escaped(next(iter(line.values())).model)
        cells = [cell for data in counts for cell in latex_cells(line.get(data), columns)]
        lines.append(" & ".join([name, *cells]) + r" \\")
    return lines


def latex_cells(row: Row | None, columns: Sequence[str]) -> list[str]:
    """The figures of a row for LaTeX."""
    marks = (r"\textbf{{{}}}", r"\underline{{{}}}")
    return [marked(row, name, marks).replace("–", "--") for name in columns]


def escaped(text: str) -> str:
    """Text as LaTeX takes it."""
    return "".join(_LATEX.get(character, character) for character in text)


def per_picture(results: Sequence[Result]) -> str:
    """CSV: one line per picture, scored or not, with the figures of it alone."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [name for name in HEADINGS if name in results[0].scores.metrics]
    writer.writerow(["model", "data", "stem", "protocol", *names, "failure"])
    for result in results:
        about = [result.source.name, result.data.name]
        for stem in result.data.truths:
            figures = result.tally.rows.get(stem, {})
            cells = [repr(figures[n]) if n in figures else "" for n in names]
            failure = result.tally.failures.get(stem, "")
            writer.writerow([*about, stem, result.scores.protocol, *cells, failure])
    return out.getvalue()
