"""Places as a page draws them: what its script is given, and what becomes of what it gives back.

A place is a dict of `kind`, `name`, `corners` (fractions of width and height) and `is_new`, whether
it can still be given another name. `drawing.js` draws them, in a notebook and in a browser.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genesis_ray.errors import ConfigurationError
from genesis_ray.running.zones.places_file import Drawn, redraw
from genesis_ray.settings import Settings

SCRIPT = Path(__file__).with_name("drawing.js")
STYLE = Path(__file__).with_name("drawing.css")


def shown(place: Drawn, *, is_new: bool = False) -> dict[str, Any]:
    """Return a place as the script has it."""
    return {
        "kind": place.kind,
        "name": place.place_id,
        "corners": [[float(x), float(y)] for x, y in place.corners],
        "is_new": is_new,
    }


def drawn(place: Mapping[str, Any]) -> Drawn:
    """Return what the script drew."""
    corners = tuple((float(x), float(y)) for x, y in place["corners"])
    return Drawn(place["kind"], place["name"], corners)


def save(
    config: Path, camera_id: str, places: Sequence[Drawn], *, shown: Sequence[Drawn]
) -> Settings:
    """Write what somebody drew; see `redraw`.

    Raises:
        ConfigurationError: A place has no name, or two have the same; one was changed on the page
            and in the file; or of places that cannot work.
        NotFoundError: There is no such camera.
        StoreError: The file cannot be written.
    """
    if nameless := [each.kind for each in places if not each.place_id]:
        raise ConfigurationError(f"a {nameless[0]} has no name; give it one")
    for (kind, name), count in Counter(each.key for each in places).items():
        if count > 1:
            raise ConfigurationError(f"{count} {kind}s are called {name}; give each its own name")
    return redraw(config, camera_id, places, shown=shown)
