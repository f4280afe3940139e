"""`genesis people consent`: who agreed to being recognised, and who no longer does."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from genesis_ray.cli.repairs import ByOption, PersonArgument, user_or
from genesis_ray.cli.run import ConfigOption, DataOption
from genesis_ray.cli.running_system import tell_where_it_counts
from genesis_ray.domain.clocks.moments import FORMS, moment

if TYPE_CHECKING:
    from genesis_ray.domain.recognition.consent import Consent
    from genesis_ray.running.people.consent import PersonsConsent
    from genesis_ray.settings import Settings


class Word(StrEnum):
    """What a person can say."""

    given = "given"
    withdrawn = "withdrawn"


def consent(
    person: PersonArgument,
    said: Annotated[
        Word | None, typer.Argument(metavar="given|withdrawn", help="Left out: show what holds.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help=f"When they said so: {FORMS}; of the site's clock.  [now]"),
    ] = None,
    why: Annotated[str, typer.Option(help="On what ground: a signed form, a letter.")] = "",
    by: ByOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Note that a person agrees to being recognised, or no longer does; or show what holds.

    Where the setting `identity.consent` is `required`, only those are recognised who agreed.

    Examples: `genesis people consent Ada given --at 2026-01-05 --why "form 17"` ·
    `genesis people consent Ada withdrawn` · `genesis people consent Ada`
    """
    from genesis_ray import settings_file
    from genesis_ray.cli.run import with_options
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.errors import ConfigurationError
    from genesis_ray.running.people.consent import consent_of, note_consent

    settings = with_options(settings_file.load(config), data=data, start=None)
    if said is None:
        if at or why or by:
            raise ConfigurationError(
                "--at, --why and --by belong to what is noted; say given or withdrawn, too"
            )
        _show(consent_of(settings, person), as_json=as_json)
        return
    finish_forgetting(settings)
    found = note_consent(
        settings,
        person,
        said.value,
        at=None if at is None else moment(at, ZoneInfo(settings.time_zone), datetime.now(UTC)),
        by=user_or(by),
        why=why,
    )
    if as_json:
        _show(found, as_json=True)
    else:
        _tell(found, settings)


def in_words(consent: "Consent") -> str:
    """Return what holds for a person, and since when, for a cell of a table."""
    return f"{consent.state} {consent.since:%Y-%m-%d}" if consent.since else consent.state


def _tell(found: "PersonsConsent", settings: "Settings") -> None:
    from genesis_ray.cli.console import stdout

    entry = found.history[-1]
    stdout.print(
        f"{found.person.name}, identity {found.person.identity_id}: consent {entry.said} at "
        f"{entry.at:%Y-%m-%d %H:%M} UTC.",
        soft_wrap=True,
    )
    if settings.identity.consent != "required":
        stdout.print(
            "It is noted, and does not count: identity.consent is not-needed.", soft_wrap=True
        )
    else:
        tell_where_it_counts(settings)


def _show(found: "PersonsConsent", *, as_json: bool) -> None:
    import pyarrow as pa

    from genesis_ray.cli.answer import show
    from genesis_ray.cli.console import stdout

    person, consent = found.person, found.consent
    if as_json:
        entries = [
            {
                "said": each.said,
                "at": each.at.isoformat(),
                "noted_at": each.noted_at.isoformat(),
                "by": each.by,
                "why": each.why,
                "identity_id": each.identity_id,
            }
            for each in found.history
        ]
        row = {
            "identity_id": person.identity_id,
            "name": person.name,
            "consent": to_json(consent),
            "history": entries,
        }
        typer.echo(json.dumps(row, indent=2))
        return
    stdout.print(
        f"{person.name}, identity {person.identity_id}: consent {in_words(consent)}.",
        soft_wrap=True,
    )
    if found.history:
        rows = [
            {
                "said": each.said,
                "at (UTC)": f"{each.at:%Y-%m-%d %H:%M}",
                "noted (UTC)": f"{each.noted_at:%Y-%m-%d %H:%M}",
                "by": each.by,
                "why": each.why,
                "identity": each.identity_id[:8],
            }
            for each in found.history
        ]
        show(pa.Table.from_pylist(rows))


def to_json(consent: "Consent") -> dict[str, str | None]:
    """Return what holds for a person, for programs."""
    since = consent.since.isoformat() if consent.since else None
    return {"state": consent.state, "since": since}
