"""What this machine has, what a run would use, and what is wrong, each with its remedy.

Nothing is changed, and neither Ray nor torch is imported: an examination takes a few seconds.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Timer

from genesis_ray import machine
from genesis_ray.encryption import encryption
from genesis_ray.errors import GenesisError
from genesis_ray.machine import Finding
from genesis_ray.recognition import false_merges, matches
from genesis_ray.running.gallery_in_use import overruled, with_gallery_in_use
from genesis_ray.settings import Settings
from genesis_ray.settings_cameras import CameraSettings
from genesis_ray.settings_zone_checks import doubts

_NO_SETTINGS = ("GENESIS_MODELS_DIR", "GENESIS_TENANT_KEYS", "GENESIS_TEST_")
"""How variables of ours begin that override no setting."""

_PATIENCE_S = 10.0
"""How long a live camera may take to show its first picture."""

_WATCHED_S = 12.0
"""How long one is looked at where cameras alone are: what is counted is counted over 10 s."""


def examine(config: Path | None = None, data: Path | None = None) -> list[Finding]:
    """Look at the machine, and at what the configuration in the file `config` needs of it."""
    return [
        machine.cpu(),
        machine.memory(),
        machine.gpu(),
        machine.shared_memory(),
        machine.open_files(),
        machine.threads(),
        machine.python(),
        *machine.libraries(),
        machine.opencv(),
        machine.cluster(),
        machine.ray_folder(),
        *machine.ports(),
        environment(),
        *_configured(config, data),
    ]


def examine_cameras(config: Path) -> list[Finding]:
    """Look at the cameras of a configuration, all at the same time, and at live ones for a while.

    Raises:
        ConfigurationError: The file is wrong.
    """
    from genesis_ray import settings_file

    settings = settings_file.load(config)
    if not settings.cameras:
        return [Finding("cameras", "warning", "there are none", f"add some to {config}")]
    with ThreadPoolExecutor(len(settings.cameras), "camera") as pool:
        looks = [
            pool.submit(_stream, camera, settings, watched_s=_WATCHED_S)
            if camera.is_live
            else pool.submit(_recording, camera, settings.fps_of(camera))
            for camera in settings.cameras
        ]
        return [look.result() for look in looks]


def _configured(config: Path | None, data: Path | None) -> Iterator[Finding]:
    from genesis_ray import settings_file

    try:
        settings = settings_file.load(config)
    except GenesisError as error:
        remedy = "correct the line or the variable that is named here"
        yield Finding("configuration", "problem", str(error), remedy)
        return
    cameras = "1 camera" if len(settings.cameras) == 1 else f"{len(settings.cameras)} cameras"
    told = f"{config}, {cameras}" if config else "the defaults; --config names a file"
    yield Finding("configuration", "ok", told)
    settings = settings.model_copy(update={"data_dir": data or settings.data_dir})
    yield from places(settings.cameras)
    try:
        contradicted, settings = overruled(settings), with_gallery_in_use(settings)
    except GenesisError as error:
        problem, _, remedy = str(error).partition("; ")
        yield Finding("gallery in use", "problem", problem, remedy)
        return
    if contradicted:
        message, _, remedy = contradicted.partition(". ")
        yield Finding("gallery in use", "warning", message, remedy)
    yield machine.folder("data folder", settings.data_dir)
    yield encryption(settings.data_dir)
    yield template_key(settings)
    yield from kept_photos(settings)
    yield machine.folder("folder of runs", Path("runs"))
    yield from matches(settings)
    yield from false_merges(settings)
    try:
        yield from _used(settings)
    except ImportError as error:  # a library, or what it wants of the system, is missing
        yield Finding("libraries", "problem", f"cannot be loaded: {error}", "`make setup`")


def _used(settings: Settings) -> Iterator[Finding]:
    from genesis_ray.vision.models import models_dir

    yield machine.folder("models' cache", models_dir())
    yield engine(settings)
    yield from weights(settings)
    yield from sources(settings)


def places(cameras: Sequence[CameraSettings]) -> Iterator[Finding]:
    """Tell the zones, lines and masks there are, and which of them are rarely meant so.

    What cannot work at all is refused with the configuration.
    """
    counts = {
        "zones": sum(len(camera.zones) for camera in cameras),
        "lines": sum(len(camera.lines) for camera in cameras),
        "masks": sum(len(camera.masks) for camera in cameras),
    }
    found = [
        Finding(f"camera {camera.camera_id}", "warning", doubt.message, doubt.remedy)
        for camera in cameras
        for doubt in doubts(camera.zones, camera.lines)
    ]
    if any(counts.values()) and not found:
        told = ", ".join(f"{name}: {count}" for name, count in counts.items() if count)
        yield Finding("zones and lines", "ok", told)
    yield from found


def environment() -> Finding:
    """Look for GENESIS_* variables that set nothing, as misspelt ones do."""
    ours = sorted(name.upper() for name in os.environ if name.upper().startswith("GENESIS_"))
    unknown = [
        name
        for name in ours
        if not name.startswith(_NO_SETTINGS)
        and name.removeprefix("GENESIS_").partition("__")[0].lower() not in Settings.model_fields
    ]
    if unknown:
        message = f"{', '.join(unknown)}: no setting is called so"
        return Finding("environment", "warning", message, "correct the spelling, or unset it")
    return Finding("environment", "ok", ", ".join(ours) or "no GENESIS_* variables")


def template_key(settings: Settings) -> Finding:
    """Tell the key that protects faces, whether it is the galleries', and whose eyes it meets."""
    from genesis_ray.running.tenant_keys import present_keys

    try:
        keys = present_keys(settings)
    except GenesisError as error:
        problem, _, remedy = str(error).partition("; ")
        return Finding("template key", "problem", problem, remedy or "see docs/templates.md")
    if not keys.keys:
        return Finding("template key", "ok", f"none yet; the first run makes it in {keys.place}")
    key = keys.current
    message = f"key {key.version}, fingerprint {key.fingerprint}, in {keys.place}"
    return Finding("template key", "ok", message)


def kept_photos(settings: Settings) -> Iterator[Finding]:
    """Tell how many people's photos are kept, where any are or are to be."""
    from genesis_ray.running.identities import identity_folder
    from genesis_ray.running.kept_photos import kept_figures
    from genesis_ray.store.kept_photos import KeptPhotos

    keeps = settings.faces.keep_photos
    try:
        if not keeps and not KeptPhotos(identity_folder(settings)).all():
            return
        figures = kept_figures(settings)
    except GenesisError as error:
        problem, _, remedy = str(error).partition("; ")
        yield Finding("kept photos", "problem", problem, remedy)
        return
    people = "1 person" if figures.people == 1 else f"{figures.people:,} people"
    told = f"{figures.photos:,} of {people}, encrypted"
    if figures.useless:
        lost = f"{told}; {figures.useless:,} of them cannot be opened, as their key is missing"
        yield Finding("kept photos", "warning", lost, "put the old key back, or enrol them again")
    elif not keeps:
        yield Finding("kept photos", "ok", f"{told}, though faces.keep_photos is off now")
    else:
        without = f"; none of {len(figures.without):,} others" if figures.without else ""
        yield Finding("kept photos", "ok", told + without)


def engine(settings: Settings) -> Finding:
    """Tell what finds people and faces, and what runs it."""
    from genesis_ray.running.assembly import SYNTHETIC
    from genesis_ray.vision import embedders, engines

    device = engines.best_device()
    detector, faces = settings.detector, settings.faces

    def runs(model: str, wanted: str) -> str:
        if wanted == "auto":
            return engines.best_engine(model, device)
        engines.is_exported(model, (640, 640), engine=wanted)  # for what it raises
        return wanted

    parts = []
    try:
        if detector.model != SYNTHETIC:
            on = runs(detector.model, detector.engine)
            parts.append(f"people: {detector.model} on {on}")
        if faces.enabled and faces.embedder != SYNTHETIC:
            on = runs(embedders.find(faces.embedder).parts[0].model, faces.engine)
            parts.append(f"faces: {faces.embedder} with {faces.finder} on {on}")
    except GenesisError as error:
        return Finding("models in use", "problem", str(error), "correct the configuration")
    return Finding("models in use", "ok", f"{'; '.join(parts) or 'none'} ({device})")


def weights(settings: Settings) -> list[Finding]:
    """See which of the models in use are in the cache."""
    from genesis_ray.running.assembly import models_of

    try:
        names: Sequence[str] = models_of(settings)
    except GenesisError as error:
        return [Finding("models in use", "problem", str(error), "correct the configuration")]
    return [_weights(name) for name in names]


def _weights(name: str) -> Finding:
    from genesis_ray.vision import models

    label = f"model {name}"
    try:
        model, status = models.find(name), models.status(name)
    except GenesisError as error:
        return Finding(label, "problem", str(error), "correct the configuration")
    if status == "missing":
        message = f"not here yet, {model.size / 1e6:.1f} MB; licence {model.licence}"
        return Finding(label, "warning", message, f"`genesis models pull {name}` fetches it")
    if status == "wrong":
        message = "the file in the cache is not what it should be"
        return Finding(label, "problem", message, f"`genesis models pull --force {name}`")
    place = "comes with a library" if status == "packaged" else "in the cache"
    return Finding(label, "ok", f"{place}; licence {model.licence}")


def sources(settings: Settings) -> list[Finding]:
    """Open what each camera plays, folders of recordings aside."""
    return [
        _stream(camera, settings) if camera.is_live else _recording(camera, settings.fps_of(camera))
        for camera in settings.cameras
        if not any(Path(source).expanduser().is_dir() for source in camera.sources)
    ]


def _stream(camera: CameraSettings, settings: Settings, *, watched_s: float = 0.0) -> Finding:
    """Connect to a live camera, wait a while for its first frame, and watch it for a while.

    No more is done with its frames than in a run, which looks at some of them alone.
    """
    from genesis_ray.vision.sources import open_source
    from genesis_ray.vision.stream import REMEDIES, STATE_REMEDIES

    name = f"camera {camera.camera_id}"
    try:
        stream = open_source(
            camera.source,
            camera_id=camera.camera_id,
            process_fps=settings.fps_of(camera),
            transport=camera.transport,
            policy=settings.sources.policy,
        )
    except GenesisError as error:
        return Finding(name, "problem", str(error), "correct the camera's source")
    giving_up = Timer(_PATIENCE_S, stream.close)
    with closing(stream):
        giving_up.start()
        frames = iter(stream)
        frame = next(frames, None)
        giving_up.cancel()
        seen = 1
        enough = Timer(watched_s, stream.close)
        if frame and watched_s:
            enough.start()
            for latest in frames:
                seen = latest.stamp.frame_index + 1  # with those that are not looked at
            enough.cancel()
    news = stream.take_news()
    if frame:
        height, width = frame.image.shape[:2]
        rate = f", {seen / watched_s:.3g} frames/s" if watched_s else ""
        ill = next((each.diagnosis for each in reversed(news) if each.diagnosis.reason), None)
        is_ill = watched_s and ill and news[-1].diagnosis == ill
        if ill and is_ill:
            message = f"{width}x{height}{rate}, but {ill.state}: {ill.reason}"
            return Finding(name, "warning", message, STATE_REMEDIES.get(ill.state, ""))
        return Finding(name, "ok", f"{width}x{height}, live{rate}")
    reasons = [each.diagnosis.reason for each in news] or ["timed_out"]
    return Finding(name, "problem", f"no picture: {reasons[-1]}", REMEDIES.get(reasons[-1], ""))


def _recording(camera: CameraSettings, fps: float) -> Finding:
    from genesis_ray.vision.sources import open_recording

    camera_id, urls = camera.camera_id, camera.sources
    name = f"camera {camera_id}"
    try:
        with open_recording(urls, camera_id=camera_id, process_fps=fps, start=None) as source:
            size, rate = f"{source.width}x{source.height}", f"{source.fps:.4g} frames/s"
            return Finding(name, "ok", f"{size}, {rate}, of which {min(fps, source.fps):.4g}")
    except GenesisError as error:
        return Finding(name, "problem", str(error), "correct the camera's source")
