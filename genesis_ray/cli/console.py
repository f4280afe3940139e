"""Where commands print: answers to stdout, all else to stderr."""

from rich.console import Console

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)
