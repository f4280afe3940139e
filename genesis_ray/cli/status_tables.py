"""What `genesis status` shows."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from genesis_ray.cli.console import headed, stdout
from genesis_ray.cli.stream_states import is_well, state_of, told_state
from genesis_ray.domain.load.bottleneck import Bottleneck
from genesis_ray.figures import GalleryFigures, GroupPlace
from genesis_ray.live.remote import ClusterNode, SystemStatus
from genesis_ray.running.result import CameraProgress

_SHORT = 8
"""Letters of a node's id: enough to tell nodes apart."""

_STYLES = {"online": "green", "connecting": "yellow"}
"""Of a stream's states; all others are bad news."""


_IN_THE_WAY: dict[Bottleneck, str] = {
    "decoding": "streams come faster than they can be decoded; use the cameras' second, smaller "
    "streams, or move cameras to other nodes",
    "detector": "the detector is busy {busy:.0%} of the time; give it more replicas or a quicker "
    "device, lower process_fps, or see `genesis plan`",
    "detector-starved": "the detector is busy only {busy:.0%} of the time, so it is starved: what "
    "brings it frames is short of processors, or nodes are far apart; see `genesis plan`",
}


def show(status: SystemStatus) -> None:
    """Print cameras, nodes and models, and in a line how it is."""
    figures = status.state.figures
    groups = {name: group for group in figures.groups for name in group.cameras}
    stdout.print(_cameras(figures.cameras, groups, status))
    stdout.print(_nodes(status.nodes, figures.groups))
    models = ", ".join(f"{name} {count}" for name, count in sorted(status.replicas.items()))
    stdout.print(f"Replicas: {models}")
    if latency := figures.latency_s:
        told = ", ".join(f"p{q * 100:g} {s * 1000:.0f} ms" for q, s in latency.items())
        stdout.print(f"From capture to the log: {told}")
    if status.bottleneck:
        told = _IN_THE_WAY[status.bottleneck].format(busy=min(1.0, status.detector_busy))
        stdout.print(headed("frames are dropped:", told))
    if figures.gallery:
        stdout.print(_gallery(figures.gallery))
    if letters := sum(figures.set_aside.values()):
        stdout.print(headed(f"{letters} dead letters:", "`genesis dead-letters list`"))
    for camera_id, level in figures.match_levels.items():
        if level.is_drifting:
            told = (
                f"camera {camera_id}, matches are {level.mean:.3f} alike, were "
                f"{level.baseline:.3f}: see docs/calibration.md"
            )
            stdout.print(headed("drifting:", told))
    if merges := figures.false_merges:
        told = "1 false merge" if merges == 1 else f"{merges:,} false merges"
        what = "one identity in two places at once, or two people on one track"
        stdout.print(headed(f"{told}:", f"{what}, see docs/gate.md", "bold red"))
    if refused := {reason: count for reason, count in figures.rejections.items() if count}:
        told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(refused.items()))
        stdout.print(f"Names refused by the gate: {told}")
    for camera in figures.cameras:
        if not (is_well(camera) or camera.is_done):
            stdout.print(told_state(camera), style="yellow", soft_wrap=True)
        if camera.problem:
            stdout.print(headed("failed:", f"{camera.camera_id}: {camera.problem}", "bold red"))
    if status.state.failure:
        stdout.print(headed("failed:", status.state.failure, "bold red"))
    for missing in status.state.missing:
        stdout.print(headed("missing:", missing))
    if not (status.state.failure or status.state.missing):
        going_on = [camera for camera in figures.cameras if not camera.is_done]
        away = sum(camera.is_away for camera in going_on)
        watched = f"{len(going_on) - away} of {len(going_on)}" if away else f"{len(going_on)}"
        style, total = "yellow" if away else "green", sum(status.fps.values())
        stdout.print(headed("watching", f"{watched} cameras, {total:.1f} frames/s", style))


def _gallery(gallery: GalleryFigures) -> str:
    told = f"Gallery: {gallery.faces:,} faces"
    recall = gallery.recall
    if recall is None:
        return told
    if not recall.samples:
        return f"{told}, by sketches; no search was done again exactly yet"
    return (
        f"{told}, by sketches: {recall.first / recall.samples:.1%} of {recall.samples:,} searches "
        f"done again exactly had found the nearest"
    )


def _cameras(
    cameras: Sequence[CameraProgress], groups: dict[str, GroupPlace], status: SystemStatus
) -> Table:
    table = Table("camera", "state")
    for column in ("frames/s", "frames", "dropped"):
        table.add_column(column, justify="right")
    for column in ("process", "node"):
        table.add_column(column)
    for camera in cameras:
        group = groups.get(camera.camera_id)
        state, style = _state(camera)
        dropped = "  ".join(f"{reason} {count:,}" for reason, count in camera.dropped.items())
        table.add_row(
            camera.camera_id,
            Text(state, style),
            f"{status.fps.get(camera.camera_id, 0.0):.1f}",
            f"{camera.frames:,}",
            dropped,
            group.name if group else "",
            _short(group.node) if group else "",
        )
    return table


def _nodes(nodes: Sequence[ClusterNode], groups: Sequence[GroupPlace]) -> Table:
    table = Table("node", "address", "state", "CPU", "GPU", "memory", "camera processes")
    for node in sorted(nodes, key=lambda node: (not node.is_alive, node.address)):
        own = [group.name for group in groups if group.node == node.node_id]
        resources = node.resources
        table.add_row(
            _short(node.node_id),
            node.address,
            Text("alive", "green") if node.is_alive else Text("gone", "dim"),
            f"{resources.get('CPU', 0):g}",
            f"{resources.get('GPU', 0):g}",
            f"{resources.get('memory', 0) / 1e9:.0f} GB",
            ", ".join(own),
        )
    homeless = [group.name for group in groups if group.node is None]
    if homeless:
        waits = Text("waiting for room", "yellow")
        table.add_row("", "", waits, "", "", "", ", ".join(homeless))
    return table


def _state(camera: CameraProgress) -> tuple[str, str]:
    """Return a camera's state, and the style it is shown in."""
    if camera.problem:
        return "failed", "red"
    if camera.is_done:
        return "ended", "dim"
    if camera.state:
        return state_of(camera), _STYLES.get(camera.state, "red")
    return ("running", "green") if camera.frames else ("starting", "yellow")


def _short(node: str | None) -> str:
    return node[:_SHORT] if node else ""
