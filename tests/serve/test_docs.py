"""docs/serve.md says what is there."""

from pathlib import Path

from u2net.cli.serve import command

DOCS = (Path(__file__).parents[2] / "docs/serve.md").read_text()


def test_every_setting_is_in_the_table_with_its_variable() -> None:
    rows = [line for line in DOCS.splitlines() if line.startswith("| `--")]
    named = {word for row in rows for word in row.replace(",", " ").split("`") if word.strip()}
    for option in command.params:
        flag = next(name for name in option.opts if name.startswith("--"))
        assert {flag, f"U2NET_{option.name}".upper()} <= named
