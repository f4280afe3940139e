"""`genesis people search`: whom the faces of a photo are like."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from rich.table import Table

    from genesis_ray.running.enrolling.photo_search import PhotoFace


def search(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO", help="With any faces.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="People shown of each face.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Show whom the faces of photos are like, and whether one look would be a match.

    A test of who is recognised, and how well: a camera's track takes several looks that agree.
    Nothing is stored but that somebody searched, in the audit log.

    Examples: `genesis people search group.jpg` · `genesis people search ada*.jpg --limit 1`
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.prepare import pull_models
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.enrolling.photo_search import search_photos

    settings = with_options(settings_file.load(config), data=data, start=None)
    pull_models(settings)
    found = search_photos(settings, photos, limit=limit)
    if as_json:
        rows = [
            {
                "photo": str(face.photo),
                "box": face.box,
                "landmarks": face.landmarks,
                "quality": face.quality,
                "says": face.says,
                "threshold": face.threshold,
                "people": [
                    {
                        "identity_id": person.identity_id,
                        "name": person.name,
                        "kind": person.kind,
                        "similarity": similarity,
                    }
                    for person, similarity in face.people
                ],
            }
            for face in found
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    stdout.print(_table(found))
    stdout.print(f"A similarity of {found[0].threshold:.3f} or more is a match.", highlight=False)


def _table(found: "Iterable[PhotoFace]") -> "Table":
    """Return a row for each who is like a face, so that a name that is folded keeps its number."""
    from rich.table import Table

    table = Table("photo", "face", "quality", "one look says", "most like", "similarity")
    number, before = 0, None
    for face in found:
        number = number + 1 if face.photo == before else 1
        before = face.photo
        told = [face.photo.name, str(number), f"{face.quality:.2f}", face.says]
        for person, similarity in face.people:
            who = f"{person.name} ({person.identity_id[:8]})"
            table.add_row(*told, who, f"{similarity:.3f}")
            told = [""] * len(told)
        if not face.people:
            table.add_row(*told, "", "")
    return table
