"""`genesis people`: who is known, and making somebody known."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from genesis_ray.store.people import Person

app = typer.Typer(
    name="people", help="Enrol people by their photos, and see who is known.", no_args_is_help=True
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command()
def enroll(
    name: Annotated[str, typer.Argument(help="What the person is called.")],
    photos: Annotated[
        list[Path], typer.Argument(metavar="PHOTO...", help="Each with one face: this person's.")
    ],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Make a person known by one photo or, better, a few.

    Enrolling a NAME that is known adds photos to that person. The photos are not kept.
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.prepare import pull_models
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.enrolment import enroll as enroll_photos

    settings = with_options(settings_file.load(config), data=data, start=None)
    pull_models(settings)
    person = enroll_photos(settings, name, photos)
    count = "1 photo" if len(photos) == 1 else f"{len(photos)} photos"
    stdout.print(f"{person.name} is enrolled with {count}, as identity {person.identity_id}.")


@app.command("list")
def list_people(
    config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List everybody who is known."""
    from rich.table import Table

    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.identities import identity_folder
    from genesis_ray.store.people import People

    settings = with_options(settings_file.load(config), data=data, start=None)
    everyone = People(identity_folder(settings)).everyone()
    if as_json:
        typer.echo(json.dumps([_to_json(person) for person in everyone], indent=2))
        return
    if not everyone:
        stdout.print(
            "Nobody is known yet; `genesis people enroll NAME PHOTO...` makes somebody so."
        )
        return
    table = Table("name", "kind", "since (UTC)", "identity")
    for person in everyone:
        table.add_row(
            person.name, person.kind, f"{person.enrolled_at:%Y-%m-%d %H:%M}", person.identity_id
        )
    stdout.print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A name or an identity.")],
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is stored of a person."""
    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.assembly import embedder_traits
    from genesis_ray.running.identities import identity_folder
    from genesis_ray.running.tenant_keys import tenant_keys
    from genesis_ray.store.gallery import FaceGallery
    from genesis_ray.store.people import People

    settings = with_options(settings_file.load(config), data=data, start=None)
    people = People(identity_folder(settings))
    found = people.by_name(name) or [people.get(name)]
    traits = embedder_traits(settings.faces)
    gallery = FaceGallery(
        identity_folder(settings),
        embedder=traits.name,
        dimension=traits.dimension,
        keys=tenant_keys(settings),
    )
    rows = [
        {**_to_json(person), "faces": gallery.faces_of(person.identity_id), "embedder": traits.name}
        for person in found
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        stdout.print(f"[bold]{row['name']}[/], {row['kind']} since {row['enrolled_at']}")
        stdout.print(f"  identity {row['identity_id']}")
        stdout.print(f"  {row['faces']} faces in the gallery of {row['embedder']}, no photos")


def _to_json(person: "Person") -> dict[str, object]:
    return {
        "identity_id": person.identity_id,
        "name": person.name,
        "kind": person.kind,
        "enrolled_at": person.enrolled_at.isoformat(),
    }
