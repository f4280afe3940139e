"""Whether tables that somebody else writes have changed, told without opening them."""

from collections.abc import Iterable
from pathlib import Path

_Versions = tuple[frozenset[str], ...]


class TableNews:
    """Looks at the versions of LanceDB tables in a folder: a commit makes a new one."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        """Begin to look; what there is counts as news first."""
        self._places = [folder / f"{name}.lance" / "_versions" for name in names]
        self._before: _Versions | None = None

    def look(self) -> bool:
        """Tell whether a table has changed since the last time that this did."""
        now = tuple(_names_in(place) for place in self._places)
        is_news, self._before = now != self._before, now
        return is_news

    def look_again(self) -> None:
        """Take it that what the last look found was not read after all."""
        self._before = None


def _names_in(folder: Path) -> frozenset[str]:
    try:
        return frozenset(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return frozenset()
