"""`genesis people tag`: who is a VIP, banned, or one of the staff."""

import json
from typing import Annotated

import typer

from genesis_ray.cli.repairs import ByOption, PersonArgument, say, settings_of, user_or
from genesis_ray.cli.run import ConfigOption, DataOption


def tag(
    person: PersonArgument,
    tag: Annotated[
        str | None,
        typer.Argument(metavar="TAG", help="As vip, banned or staff. Left out: show the tags."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag off.")] = False,
    by: ByOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Put a tag on a person, take it off, or show which they have; alerts go by tags.

    Examples: `genesis people tag Ada vip` · `genesis people tag 3f2a9c10 banned --by eve` ·
    `genesis people tag Ada vip --remove`
    """
    from genesis_ray.cli.console import stderr, stdout
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.people.identities import watcher
    from genesis_ray.running.people.intake import taker
    from genesis_ray.running.people.tags import put_tag, tags_of

    settings = settings_of(config, data)
    if tag is None:
        if remove or by:
            raise ConfigurationError("--remove and --by belong to a tag; name it, too")
        tagged = tags_of(settings, person)
    else:
        finish_forgetting(settings)
        tagged = put_tag(settings, person, tag, is_set=not remove, by=user_or(by))
    found = tagged.person
    if as_json:
        row = {"identity_id": found.identity_id, "name": found.name, "tags": tagged.tags}
        typer.echo(json.dumps(row, indent=2))
        return
    has = ", ".join(tagged.tags) or "no tags"
    stdout.print(f"{found.name}, identity {found.identity_id}: {has}.", soft_wrap=True)
    if tag is not None and (process := watcher(settings)):
        if taker(settings):
            say("Alerts of the system that runs go by it from the next second or two on.")
        else:
            stderr.print(
                f"Process {process} alerts by the tags that there were when it began, until it "
                f"ends.",
                soft_wrap=True,
            )
