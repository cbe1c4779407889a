"""Results and comparisons -> one self-contained HTML page."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from u2net import __version__
from u2net.evaluation.comparison import Duel
from u2net.evaluation.report.gallery import extremes, strip
from u2net.evaluation.report.plots import curve_figure, drawing, spread_figure
from u2net.evaluation.report.rows import COLUMNS, PRINTED, Row, caption, rows
from u2net.evaluation.score import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RANKS: dict[int | None, str] = {1: " class=best", 2: " class=second"}


def page(results: Sequence[Result], duels: Sequence[Duel] = ()) -> str:
    """The whole report. Raises `ExtraMissingError` without matplotlib."""
    template = Template(
        (files("u2net.evaluation.report") / "page.html").read_text(encoding="utf-8")
    )
    models, sets = (
        ", ".join(dict.fromkeys(names))
        for names in zip(*((r.source.name, r.data.name) for r in results), strict=True)
    )
    found, scores = rows(results), results[0].scores
    ours = [row for row in found if not row.printed]
    return template.substitute(
        subject=escape(f"{models} on {sets}"),
        version=__version__,
        caption=escape(caption(ours, scores.protocol, scores.threshold)),
        printed=PRINTED,
        warnings="".join(warning(result) for result in results),
        table=table(found),
        curves=svg(curve_figure(results)),
        spread=svg(spread_figure(results)),
        duels="".join(duel_section(duel) for duel in duels),
        galleries="".join(gallery(result, first=result is results[0]) for result in results),
        remarks="".join(remark(result) for result in results),
    )


def warning(result: Result) -> str:
    """A banner when pictures could not be scored."""
    failures = result.scores.failures
    if not failures:
        return ""
    count, total = len(failures), len(failures) + result.scores.images
    listed = "".join(f"<li><b>{escape(s)}</b> {escape(r)}</li>" for s, r in failures.items())
    return (
        f'<details class="warning"><summary>{named(result)}: partial, {count} of {total} pictures '
        f"could not be scored</summary><ul>{listed}</ul></details>"
    )


def table(found: Sequence[Row]) -> str:
    """The table of figures."""
    names = "".join(f"<th class=name>{heading}</th>" for heading in ("model", "data", "images"))
    heads = "".join(f"<th>{heading}</th>" for heading in COLUMNS.values())
    lines = [f"<thead><tr>{names}{heads}</tr></thead><tbody>"]
    for row in found:
        names = "".join(
            f"<td class=name>{escape(text)}</td>" for text in (row.model, row.data, row.images)
        )
        cells = "".join(
            f"<td{_RANKS.get(row.ranks.get(name), '')}>{row.cells.get(name, '–')}</td>"
            for name in COLUMNS
        )
        lines.append(f"<tr{' class=printed' if row.printed else ''}>{names}{cells}</tr>")
    return f"<table>{''.join(lines)}</tbody></table>"


def duel_section(duel: Duel) -> str:
    """The comparison of two models: figures with intervals, and where they differ most."""
    lines = "".join(
        f"<tr><td class=name>{COLUMNS[d.measure]}</td><td>{d.ours:.4f}</td><td>{d.theirs:.4f}</td>"
        f"<td>{d.difference:+.4f}</td><td>{d.low:+.4f} … {d.high:+.4f}</td>"
        f"<td class={'noise' if d.verdict == 'within noise' else 'best'}>{d.verdict}</td></tr>"
        for d in duel.comparison.differences
    )
    ours, theirs = escape(duel.ours.source.name), escape(duel.theirs.source.name)
    pictures = "".join(strip((duel.ours, duel.theirs), stem) for stem in duel.apart)
    heads = f"<th>{ours}</th><th>{theirs}</th><th>difference</th><th>95 % interval</th><th></th>"
    return (
        f"<section><h2>{ours} against {theirs} on {escape(duel.ours.data.name)}</h2>"
        f"<p>Paired bootstrap over {duel.comparison.images} pictures, 95 % interval of the "
        f"difference.</p><div class=scroll><table><thead><tr><th class=name>measure</th>{heads}"
        f"</tr></thead><tbody>{lines}</tbody></table></div><h3>Where they differ most</h3>"
        f"<div class=strips>{pictures}</div></section>"
    )


def gallery(result: Result, *, first: bool) -> str:
    """Worst and best pictures of one result, to unfold."""
    worst, best = extremes(result)
    parts = [f"<h3>Worst</h3><div class=strips>{''.join(strip([result], s) for s in worst)}</div>"]
    if best:
        parts.append(
            f"<h3>Best</h3><div class=strips>{''.join(strip([result], s) for s in best)}</div>"
        )
    unfolded = " open" if first else ""
    return f"<details{unfolded}><summary>{named(result)}</summary>{''.join(parts)}</details>"


def remark(result: Result) -> str:
    """What was done to planes, and what was odd about the folders."""
    said = "".join(f"<li>{escape(text)}</li>" for text in result.remarked())
    return f"<h3>{named(result)}</h3><ul>{said}</ul>" if said else ""


def named(result: Result) -> str:
    """Model and data, escaped."""
    return f"{escape(result.source.name)} · {escape(result.data.name)}"


def svg(figure: "Figure") -> str:
    """A figure as the SVG element alone."""
    text = drawing(figure, "svg", transparent=True).decode()
    return text[text.index("<svg") :]
