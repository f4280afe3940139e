"""`genesis up`, `genesis down` and `genesis status`: the system as a service on a Ray cluster."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from genesis_ray.live.remote import SystemStatus

AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="HOST:PORT",
        help="Ray's, of a cluster that this machine belongs to.  [RAY_ADDRESS, else this machine]",
    ),
]
AppOption = Annotated[str, typer.Option(help="The Serve application that is meant.")]


def up(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG", help="YAML file with the cameras to watch.")
    ],
    address: AddressOption = None,
    realtime: Annotated[
        bool,
        typer.Option(
            "--realtime/--capacity",
            help="Whether recordings play like live cameras, or as fast as can be.",
        ),
    ] = True,
    host: Annotated[
        str, typer.Option(help="What the API listens on; it has no authentication yet.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The API's port.")] = 8000,
) -> None:
    """Start watching CONFIG's cameras as a service, and leave it running.

    On the Ray cluster at --address, which is then run on the machine of the head node; without
    one, on a cluster of one node that is started on this machine for it.

    Examples: `genesis up cameras.yaml` · `genesis status` · `genesis apply cameras.yaml` ·
    `genesis down`
    """
    from genesis_ray.app import build
    from genesis_ray.cli.console import stderr, stdout
    from genesis_ray.cli.doubts import tell_doubts
    from genesis_ray.cli.prepare import prepare_models
    from genesis_ray.cli.unfinished import finish_forgetting
    from genesis_ray.running.detector_inputs import inputs_of
    from genesis_ray.running.live_run import live_run_path
    from genesis_ray.running.templates.gallery_in_use import with_gallery_in_use
    from genesis_ray.settings_file import load
    from genesis_ray.store.runs.run_folder import RunFolder

    settings = load(config)
    tell_doubts(settings)
    finish_forgetting(settings)
    used = with_gallery_in_use(settings)
    prepare_models(used, inputs_of(used, RunFolder(live_run_path(used))))
    from genesis_ray.live.deploying import connect_if_there, deploy_system, start_cluster

    with stderr.status("Connecting to Ray") as shown:
        is_there = connect_if_there(address)
        # Which knows by then what the cluster has, and starts none where something is wrong.
        application = build({"config": str(config), "realtime": realtime})
        if not is_there:
            shown.update("Starting a Ray cluster on this machine")
            start_cluster(settings)
        system = deploy_system(application, host=host, port=port, on_wait=shown.update)
    cameras = system.state().cameras or ()
    system.close()
    stdout.print(f"Watching {len(cameras)} cameras. The API: http://{host}:{port}/docs")
    stdout.print("Next: `genesis status`, `genesis apply CONFIG`, `genesis down`.")


def down(address: AddressOption = None, app: AppOption = "default") -> None:
    """End the service: what is under way is finished and logged, then all its processes end.

    A Ray cluster that `genesis up` started ends with it; any other stays.
    """
    from genesis_ray.cli.console import stderr, stdout
    from genesis_ray.live.remote import RemoteSystem
    from genesis_ray.serving.own_cluster import is_own_cluster, stop_own_cluster

    with stderr.status("Connecting to Ray") as shown:
        system = RemoteSystem(app=app, address=address)
        cameras = system.state().figures.cameras
        shown.update("Finishing what is under way")
        system.end()
        if own := is_own_cluster():
            shown.update("Stopping the Ray cluster")
            stop_own_cluster()
        else:
            system.close()
    frames = sum(camera.frames for camera in cameras)
    stdout.print(f"Ended after {frames:,} frames of {len(cameras)} cameras; the log is whole.")
    if not own:
        stdout.print("The Ray cluster goes on: it was not `genesis up` that started it.")


def status(
    address: AddressOption = None,
    app: AppOption = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show the cameras of the service, the nodes and processes they are on, and what is missing.

    Looks for two seconds, to tell rates. Leaves with 1 if something is missing or has failed, a
    camera for instance, or a live camera gives no frames.
    """
    from genesis_ray.cli.console import stdout
    from genesis_ray.live.remote import RemoteSystem

    system = RemoteSystem(app=app, address=address)
    try:
        found = system.status()
    finally:
        system.close()
    if as_json:
        stdout.print_json(json.dumps(_as_json(found)))
    else:
        from genesis_ray.cli.status_tables import show

        show(found)
    cameras = found.state.figures.cameras
    if (
        found.state.missing
        or found.state.failure
        or any(camera.problem or camera.is_away for camera in cameras)
    ):
        raise typer.Exit(1)


def _as_json(found: "SystemStatus") -> dict[str, object]:
    figures = found.state.figures
    groups = {name: group for group in figures.groups for name in group.cameras}
    return {
        "missing": list(found.state.missing),
        "failure": found.state.failure,
        "cameras": [
            {
                "camera_id": camera.camera_id,
                "state": camera.state,
                "reason": camera.reason,
                "is_done": camera.is_done,
                "problem": camera.problem,
                "frames": camera.frames,
                "clock_offset_s": camera.clock_offset_s,
                "frames_per_second": round(found.fps.get(camera.camera_id, 0.0), 2),
                "dropped": dict(camera.dropped),
                "group": groups[camera.camera_id].name if camera.camera_id in groups else None,
                "node": groups[camera.camera_id].node if camera.camera_id in groups else None,
            }
            for camera in figures.cameras
        ],
        "groups": [
            {"name": group.name, "node": group.node, "cameras": list(group.cameras)}
            for group in figures.groups
        ],
        "nodes": [
            {
                "node_id": node.node_id,
                "address": node.address,
                "is_alive": node.is_alive,
                "resources": dict(node.resources),
                "labels": dict(node.labels),
            }
            for node in found.nodes
        ],
        "replicas": dict(found.replicas),
        "detector_busy": round(found.detector_busy, 3),
        "bottleneck": found.bottleneck,
    }
