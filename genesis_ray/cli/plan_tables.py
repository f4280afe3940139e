"""How `genesis plan` shows its answer: a sentence, then what it rests on."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from genesis_ray.cli.console import stdout
from genesis_ray.domain.load.capacity import CAMERAS_A_GROUP, Plan, Resource, processor
from genesis_ray.running.planning.measuring import Measured

_NAMES: dict[Resource, str] = {
    "processor": "the processor",
    "detector": "the detector's GPU",
    "memory": "memory",
    "group": "a camera process' Python",
}

_DISTURBED_CORES = 0.25
"""From which on others at work are told of: the housekeeping of an idle machine is less."""

_WORK = {
    "decode": "decoding",
    "prepare": "preparing frames",
    "detect": "finding people",
    "track": "following people",
    "faces": "faces",
    "write": "the log",
    "live": "Ray",
}
"""The stages, by their names in `domain.capacity.processor`."""


def show(plan: Plan, measured: Measured, *, on_film: bool) -> None:
    """Print a plan; `on_film` says that no video of the user's was measured."""
    stdout.print(sentence(plan, measured), soft_wrap=True)
    stdout.print(_costs(plan, measured))
    stdout.print(_resources(plan))
    stdout.print(_nodes(plan))
    basis = (
        f"Measured on {measured.frames} frames with {measured.people:.1f} people each. What Ray's "
        f"processes add is assumed, {plan.headroom:.0%} of everything stays free: docs/capacity.md."
    )
    if on_film:
        basis += " The film is as an entrance where people never stop coming: give a --video."
    stdout.print(basis, style="dim", soft_wrap=True)
    if measured.others is not None and measured.others > _DISTURBED_CORES:
        stdout.print(
            f"Others used {measured.others:.1f} cores meanwhile, and what shares a processor costs "
            f"more: measure again when the machine is idle.",
            style="yellow",
            soft_wrap=True,
        )


def sentence(plan: Plan, measured: Measured) -> str:
    """Say what fits, what is short first and what more cameras take."""
    load, short = plan.load, _NAMES[plan.short]
    kind = f"of {measured.width}x{measured.height} at {load.fps:g} frames/s"
    if plan.short == "processor":
        parts = processor(load, measured.costs)
        stage = max(parts, key=lambda name: parts[name])
        short += f", {parts[stage] / sum(parts.values()):.0%} of it for {_WORK[stage]}"
    if not plan.fits:
        said = f"This machine cannot watch even one camera {kind}; short is {short}."
    else:
        said = f"This machine can watch {_cameras(plan.fits)} {kind}; short first is {short}."
    if load.cameras > plan.fits:
        said += f" {_rate(plan)}"
    more = [
        f"{_cameras(cameras)} take {count:,}"
        for cameras, count in plan.nodes.items()
        if count and cameras > plan.fits
    ]
    return f"{said} Of machines like it, {', '.join(more)}." if more else said


def _rate(plan: Plan) -> str:
    asked = _cameras(plan.load.cameras)
    if plan.most_fps is None:
        return f"For {asked} it is too small, however few frames are looked at."
    return f"Of {asked} it can look at {plan.most_fps:.2g} frames/s each."


def _costs(plan: Plan, measured: Measured) -> Table:
    load, costs = plan.load, measured.costs
    per_frame = costs.track_s + load.people * costs.person_s
    looks = load.looks_a_s / load.fps
    rows = {
        "decode": (costs.decode_s, f"frame sent, {load.source_fps:.4g} a second"),
        "prepare": (costs.prepare_s, "frame looked at: pixels, the detector's input"),
        "detect": (costs.detect_s, f"frame; alone {measured.detector_fps:.0f} frames/s"),
        "track": (per_frame, f"frame with {load.people:.2g} people"),
        "faces": (costs.face_s, f"look at a face, {looks:.2g} a frame"),
        "write": (costs.write_s, "frame, in resolver, journal and log"),
        "live": (costs.live.frame_s, "frame between Ray's processes, and more: assumed"),
    }
    table = Table(
        "stage", box=SIMPLE_HEAD, title="What it costs", title_justify="left", title_style="bold"
    )
    table.add_column("core-ms", justify="right")
    table.add_column("for each")
    table.add_column(f"cores for {_cameras(load.cameras)}", justify="right")
    for stage, cores in processor(load, costs).items():
        seconds, each = rows[stage]
        table.add_row(stage, f"{1000 * seconds:.2f}", each, f"{cores:.2f}")
    factor = f"cores include a factor of {costs.together:.2f}, measured, for all at once"
    table.caption, table.caption_justify = factor, "left"
    return table


def _resources(plan: Plan) -> Table:
    node, load = plan.node, plan.load
    fullest = min(load.cameras, CAMERAS_A_GROUP)
    has: dict[Resource, str] = {
        "processor": f"{node.cores:g} cores",
        "detector": "one GPU",
        "memory": f"{node.memory / 1e9:.1f} GB free",
        "group": f"one thread for {_cameras(fullest)}",
    }
    table = Table("what", "there is", box=SIMPLE_HEAD)
    table.add_column(f"{_cameras(load.cameras)} use", justify="right")
    for resource, share in plan.used.items():
        style = "bold red" if share > 1 - plan.headroom else ""
        table.add_row(_NAMES[resource], has[resource], f"{share:.0%}", style=style)
    return table


def _nodes(plan: Plan) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("cameras", justify="right")
    table.add_column("machines like this one", justify="right")
    table.add_column("live systems, for their journals", justify="right")
    for cameras, count in plan.nodes.items():
        machines = f"{count:,}" if count else "none will do"
        table.add_row(f"{cameras:,}", machines, f"{plan.systems[cameras]:,}")
    return table


def _cameras(number: int) -> str:
    return f"{number:,} camera{'s' * (number != 1)}"
