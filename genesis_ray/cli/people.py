"""`genesis people`: who is known, and making somebody known."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesis_ray.cli import (
    consent,
    decisions,
    enrolling,
    explain,
    galleries,
    repairs,
    reviews,
    searching,
    switching,
    tags,
    upkeep,
)
from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from genesis_ray.domain.recognition.people import Person

app = typer.Typer(
    name="people",
    help="Enrol people by photos, see who is known, and say who is who where that went wrong.",
    no_args_is_help=True,
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


app.command()(enrolling.enroll)


@app.command("list")
def list_people(
    config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List everybody who is known."""
    from rich.table import Table

    from genesis_ray import settings_file
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.people.consent import consents
    from genesis_ray.running.people.identities import who_is_who
    from genesis_ray.running.people.tags import tags_of_all

    settings = with_options(settings_file.load(config), data=data, start=None)
    everyone = who_is_who(settings).people
    said = consents(settings)
    tagged = {who: sorted(own) for who, own in tags_of_all(settings).items()}
    if as_json:
        rows = [
            {
                **_to_json(person),
                "consent": consent.to_json(said.of(person.identity_id)),
                "tags": tagged.get(person.identity_id, []),
            }
            for person in everyone
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    if not everyone:
        stdout.print(
            "Nobody is known yet; `genesis people enroll NAME PHOTO...` makes somebody so."
        )
        return
    table = Table("name", "kind", "since (UTC)", "consent", "tags", "identity")
    for person in everyone:
        table.add_row(
            person.name,
            person.kind,
            f"{person.enrolled_at:%Y-%m-%d %H:%M}",
            consent.in_words(said.of(person.identity_id)),
            ", ".join(tagged.get(person.identity_id, [])),
            person.identity_id,
        )
    stdout.print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A name or an identity.")],
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is stored of a person; with --json each face as well."""
    from genesis_ray import settings_file
    from genesis_ray.cli.console import headed, stdout
    from genesis_ray.cli.run import with_options
    from genesis_ray.running.assembly import embedder_traits
    from genesis_ray.running.enrolling.kept_photos import kept_photos_of
    from genesis_ray.running.people.identities import faces_of, who_is_who
    from genesis_ray.running.people.naming import find

    settings = with_options(settings_file.load(config), data=data, start=None)
    who = who_is_who(settings)
    traits = embedder_traits(settings.faces)
    kept = kept_photos_of(settings, who)
    rows: list[dict[str, Any]] = []
    for person in who.by_name(name) or [who.person(find(who, name))]:
        faces = faces_of(settings, who, person.identity_id)
        rows.append(
            {
                **_to_json(person),
                "identities": who.members(person.identity_id),
                "faces": sum(face["is_used"] for face in faces),
                "embedder": traits.name,
                "photos": len(kept.get(person.identity_id, ())),
                "face_list": faces,
            }
        )
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    for row in rows:
        stdout.print(headed(f"{row['name']},", f"{row['kind']} since {row['enrolled_at']}", "bold"))
        stdout.print(f"  identity {row['identity_id']}")
        for merged in row["identities"][1:]:
            stdout.print(f"  and {merged}, merged with it")
        photos = {0: "no photos", 1: "1 photo kept"}.get(
            row["photos"], f"{row['photos']} photos kept"
        )
        in_all = "1 face" if row["faces"] == 1 else f"{row['faces']} faces"
        stdout.print(f"  {in_all} in the gallery of {row['embedder']}, {photos}")


app.command()(searching.search)
app.command()(repairs.merge)
app.command()(repairs.split)
app.command()(repairs.rename)
app.command()(repairs.reject)
app.command()(reviews.review)
app.command()(reviews.confirm)
app.command()(repairs.undo)
app.command()(decisions.log)
app.command()(explain.explain)
app.command()(consent.consent)
app.command()(tags.tag)
app.command()(upkeep.templates)
app.command()(upkeep.propose)
app.command()(upkeep.tidy)
app.command()(galleries.galleries)
app.command("re-embed")(galleries.re_embed)
app.command()(switching.switch)


def _to_json(person: "Person") -> dict[str, object]:
    return {
        "identity_id": person.identity_id,
        "name": person.name,
        "kind": person.kind,
        "enrolled_at": person.enrolled_at.isoformat(),
    }
