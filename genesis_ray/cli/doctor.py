"""`genesis doctor`: what this machine has and a run would use, what is wrong, how to mend it."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from genesis_ray.cli.run import ConfigOption, DataOption

if TYPE_CHECKING:
    from genesis_ray.machine import Finding

_STYLE = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def doctor(
    config: ConfigOption = None,
    data: DataOption = None,
    cameras: Annotated[
        bool,
        typer.Option(
            "--cameras",
            help="Look at the cameras of --config alone, at live ones for 12 seconds, or 22 where "
            "the picture stays the same.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Tell what this machine has, what a run would use, what is wrong and how to mend it.

    Leaves with 1 if anything would keep a run from working.

    Examples: `genesis doctor` · `genesis doctor --config cameras.yaml --cameras`
    """
    from genesis_ray.camera_checks import examine_cameras
    from genesis_ray.doctor import examine
    from genesis_ray.errors import ConfigurationError

    if cameras and config is None:
        raise ConfigurationError("--cameras looks at those of a configuration; name it by --config")
    findings = examine_cameras(config) if cameras and config else examine(config, data)
    problems = sum(finding.level == "problem" for finding in findings)
    if as_json:
        answer = {"problems": problems, "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(answer, indent=2))
    else:
        _print(findings, problems)
    if problems:
        raise typer.Exit(1)


def _print(findings: "list[Finding]", problems: int) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from genesis_ray.cli.console import stdout

    table = Table("", "what", "found", box=SIMPLE_HEAD)
    for finding in findings:
        found = Text(finding.message)
        if finding.remedy:
            found.append(f"\n→ {finding.remedy}", _STYLE[finding.level])
        table.add_row(Text(finding.level, _STYLE[finding.level]), finding.name, found)
    stdout.print(table)
    warnings = sum(finding.level == "warning" for finding in findings)
    if problems or warnings:
        stdout.print(f"{_count(problems, 'problem')}, {_count(warnings, 'warning')}.")
    else:
        stdout.print("All is well.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
