"""`genesis people enroll`: making one person known, or many at once."""

import json
import sys
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.run import ConfigOption, DataOption
from genesis_ray.cli.running_system import tell_of_waiting
from genesis_ray.running.people.patience import WAIT_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genesis_ray.domain.recognition.people import Person
    from genesis_ray.running.enrolling.bulk_enrolment import BulkEnrolment, Photos
    from genesis_ray.running.enrolling.photo_faces import PhotoFaces
    from genesis_ray.settings import Settings


def enroll(
    name: Annotated[
        str | None,
        typer.Argument(help="What the person is called; or, of who is known, the identity."),
    ] = None,
    photos: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PHOTO", help="Each with one face: this person's."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Many people: a folder for each in it, by name."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Many people: lines file,name."),
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also a face that looks like somebody else's.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Have so many processes on Ray look at the photos of --folder or --csv.  "
            "[with --address one a processor, else this one alone]",
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            envvar="RAY_ADDRESS",
            help="Ray's, of a cluster whose nodes look at the photos of --folder or --csv.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for programs; with --folder and --csv.")
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Make a person known by one photo or, better, a few; or many people at once.

    Enrolling a NAME that is known adds photos to that person. The photos are not kept, unless
    faces.keep_photos says so; a template of each is, and none is dropped for others. Three that
    differ in light, angle and age are worth more than ten of one day. A system that runs
    recognises them within seconds. A face that is unlike the person's others, or that of somebody
    else who is known, is refused: look at it, and say --anyway if it is right.

    With --folder or --csv photos that cannot be used are listed with the reason, all others are
    added, and the command leaves with 1 if there were such. Cut off, the same command goes on.
    With --workers or --address others look at the photos meanwhile, and the result is the same.

    Examples: `genesis people enroll Ada ada1.jpg ada2.jpg` · `genesis people enroll --folder staff`
    · `genesis people enroll --csv staff.csv --workers 8`
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.prepare import pull_models
    from genesis_ray.cli.run import with_options
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.enrolling.bulk_enrolment import photos_in, photos_of

    many = [each for each in (folder, table) if each]
    if len(many) + bool(name) != 1 or bool(name) != bool(photos):
        raise ConfigurationError(
            "name a person and their photos, or --folder DIR, or --csv FILE: "
            "genesis people enroll NAME PHOTO..."
        )
    if workers and name:
        raise ConfigurationError(
            "--workers is for many people, --folder DIR or --csv FILE; leave it out"
        )
    settings = with_options(settings_file.load(config), data=data, start=None)
    people = photos_in(folder) if folder else photos_of(table) if table else {}
    finish_forgetting(settings)
    pull_models(settings)
    if people:
        on_ray = (workers, address) if workers or address else None
        _enroll_all(settings, people, on_ray, anyway=anyway, as_json=as_json)
    else:
        _enroll_one(settings, name or "", photos or [], anyway=anyway)


def _enroll_one(settings: "Settings", name: str, photos: list[Path], *, anyway: bool) -> None:
    from genesis_ray.cli.console import stdout
    from genesis_ray.running.enrolling.enrolment import enroll_or_hand_over

    person, process, known = enroll_or_hand_over(
        settings, name, photos, within_s=WAIT_S, anyway=anyway
    )
    added = len(photos) - known
    bound = settings.identity.photos
    enough = f", or by as many as identity.photos allows ({bound})" if bound else ""
    if person and not added:
        stdout.print(f"{person.name} is known by this already{enough}; nothing is added.")
        return
    if not added:
        stdout.print(f"{name.strip()} is to be enrolled with this already.")
        tell_of_waiting(process or "")
        return
    count = "1 photo" if added == 1 else f"{added} photos"
    if known:
        count += f" ({known} more known already{enough})"
    if person is None:
        stdout.print(f"{name.strip()} is to be enrolled with {count}.")
        tell_of_waiting(process or "")
        return
    taken_in = f", and process {process}, which runs, recognises them" if process else ""
    stdout.print(
        f"{person.name} is enrolled with {count}, as identity {person.identity_id}{taken_in}.",
        soft_wrap=True,
    )
    if settings.faces.keep_photos:
        kept = "A picture of the face is" if added == 1 else "Pictures of the faces are"
        where = f" in {settings.faces.photos_at}" if settings.faces.photos_at else ""
        stdout.print(
            f"{kept} kept, encrypted{where}, as faces.keep_photos is set.",
            soft_wrap=True,
        )
    _tell_doubts(settings, person)


def _tell_doubts(settings: "Settings", person: "Person") -> None:
    """Say what keeps somebody from being recognised well, or at all."""
    from genesis_ray.cli.console import stdout
    from genesis_ray.running.people.consent import is_blocked
    from genesis_ray.running.templates.templates_shown import known_templates

    used = [each for each in known_templates(settings, person.identity_id) if each.state == "used"]
    if len(used) > settings.identity.templates:
        stdout.print(
            f"All {len(used)} faces are searched, each a further chance for a stranger to be "
            f"taken for {person.name}: `genesis people templates {person.identity_id[:8]}` "
            f"shows them.",
            soft_wrap=True,
        )
    if is_blocked(settings, person.identity_id):
        stdout.print(
            f"They are not recognised until they agree, as identity.consent is required: "
            f"genesis people consent {person.identity_id[:8]} given",
            soft_wrap=True,
        )


def _enroll_all(
    settings: "Settings",
    people: "Photos",
    on_ray: tuple[int | None, str | None] | None,
    *,
    anyway: bool,
    as_json: bool,
) -> None:
    from dataclasses import asdict

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from genesis_ray.cli.console import stderr
    from genesis_ray.running.enrolling.bulk_enrolment import enroll_all

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=stderr, transient=True, disable=as_json) as bars:
        task = bars.add_task("starting Ray" if on_ray else "loading the embedder", total=None)

        def show(name: str, number: int, of: int) -> None:
            bars.update(task, description=name, completed=number, total=of)

        with _workers(settings, people, *on_ray) if on_ray else nullcontext() as faces:
            done = enroll_all(
                settings, people, within_s=WAIT_S, anyway=anyway, faces=faces, on_progress=show
            )
    if as_json:
        typer.echo(json.dumps(asdict(done), indent=2))
    else:
        _tell_all(settings, done)
    if done.refused or done.failed:
        raise typer.Exit(1)


@contextmanager
def _workers(
    settings: "Settings", people: "Photos", workers: int | None, address: str | None
) -> "Iterator[PhotoFaces]":
    from genesis_ray.batch.photos import photo_workers

    photos = [photo for own in people.values() for photo in own]
    # Ray says on stdout that a worker died, which is no part of an answer in JSON.
    with (
        redirect_stdout(sys.stderr),
        photo_workers(settings, photos, workers=workers, address=address) as faces,
    ):
        yield faces


def _tell_all(settings: "Settings", done: "BulkEnrolment") -> None:
    from genesis_ray.cli.console import stdout
    from genesis_ray.cli.galleries import some

    def say(text: str) -> None:
        stdout.print(text, soft_wrap=True)

    new, photos = len(done.added), sum(done.added.values())
    say(
        f"{photos:,} {'photo' if photos == 1 else 'photos'} of {new:,} "
        f"{'person' if new == 1 else 'people'} added; {done.known:,} known already."
    )
    if done.waiting:
        say(f"A system that runs is to take in the photos of {some(done.waiting)}.")
    for name, reason in done.failed.items():
        say(f"{name}: {reason}")
    if done.refused:
        count = len(done.refused)
        say(f"{count:,} {'photo is' if count == 1 else 'photos are'} refused:")
        for reason in done.refused.values():
            say(f"  {reason}")
    if settings.identity.consent == "required" and new:
        say(
            "Who has not agreed is not recognised, as identity.consent is required: "
            "genesis people consent NAME given"
        )
