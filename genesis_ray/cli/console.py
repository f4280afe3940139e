"""Where commands print: answers to stdout, all else to stderr.

What is printed is text, as names and reasons that people wrote are: brackets and colons in it mean
nothing. What is to have a style is a `Text`, or is given one.
"""

import re
from typing import Any

from rich.console import Console
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


class PlainConsole(Console):
    """Prints texts and cells of tables as they are, but for what would steer a terminal."""

    def __init__(self, **options: Any) -> None:
        """Take what a `Console` does, but for what it makes of texts."""
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, *args: Any, **options: Any) -> Text:
        """Return a text to be shown."""
        return super().render_str(_CONTROL.sub(_UNKNOWN, text), *args, **options)


def headed(heading: str, text: str, style: str = "yellow") -> Text:
    """Return a text with a heading before it that has a style."""
    shown = _CONTROL.sub(_UNKNOWN, text)
    return Text.assemble((_CONTROL.sub(_UNKNOWN, heading), style), " ", shown)


stdout = PlainConsole()
stderr = PlainConsole(stderr=True)
