"""What the command line prints: words as they stand, broken into lines only where a terminal needs it."""

import sys

from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

UNBROKEN = 10_000  # columns of a pipe or a file, which has none


def output() -> Console:
    """Give standard output."""
    return Console(width=None if sys.stdout.isatty() else UNBROKEN)


def say_error(name: str, words: str) -> None:
    """Print an error on standard error."""
    Console(stderr=True).print(Text.assemble((name, "red"), f": {words}"), soft_wrap=True)


def checklist() -> Table:
    """Give an empty table of what was looked at."""
    return Table("", "what", "how it stands")


def check_off(table: Table, well: bool, what: str, words: str) -> None:
    """Add a line to a checklist; addresses can be clicked, also where they are broken."""
    said = Text(words)
    said.highlight_regex(r"https://\S+", lambda address: Style(link=address))
    table.add_row(Text("✓", "green") if well else Text("✗", "red"), Text(what), said)
