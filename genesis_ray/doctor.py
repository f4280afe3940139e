"""What this machine has, what a run would use, and what is wrong, each with its remedy.

Nothing is changed, but for a trial of `faces.photos_at`, and neither Ray nor torch is imported: an
examination takes a few seconds.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from genesis_ray import machine
from genesis_ray.camera_checks import devices, places, sources
from genesis_ray.encryption import encryption
from genesis_ray.errors import GenesisError
from genesis_ray.machine import Finding
from genesis_ray.recognition import false_merges, gallery_of_system, matches
from genesis_ray.running.templates.gallery_in_use import overruled, with_gallery_in_use
from genesis_ray.settings import Settings

_NO_SETTINGS = ("GENESIS_MODELS_DIR", "GENESIS_TENANT_KEYS", "GENESIS_TEST_")
"""How variables of ours begin that override no setting."""


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
        machine.ray_start(),
        machine.cluster(),
        machine.ray_folder(),
        *machine.ports(),
        environment(),
        *_configured(config, data),
    ]


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
    yield from devices(settings.cameras)
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
    yield from photo_places(settings)
    yield machine.folder("folder of runs", Path("runs"))
    yield from gallery_of_system(settings)
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
    from genesis_ray.running.templates.tenant_keys import present_keys

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
    from genesis_ray.running.enrolling.kept_photos import kept_figures
    from genesis_ray.running.people.identities import identity_folder
    from genesis_ray.store.tenant.kept_photos import KeptPhotos

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


def photo_places(settings: Settings) -> Iterator[Finding]:
    """Try the place for pictures elsewhere, and tell what is there and what is missing."""
    from genesis_ray.running.enrolling.far_photos import place_figures, try_place

    label = "photos elsewhere"
    try:
        try_place(settings)
        found = place_figures(settings)
    except GenesisError as error:
        problem, _, remedy = str(error).partition("; ")
        yield Finding(label, "problem", problem, remedy)
        return
    for each in found:
        told = f"{each.place} has {each.pictures - each.missing:,} pictures of kept photos"
        if each.missing:
            message = f"{told}; {each.missing:,} more should be there and are not"
            remedy = "bring them back from a copy of yours, or enrol these people again"
            yield Finding(label, "warning", message, remedy)
        elif each.unknown:
            message = f"{told}, and {each.unknown:,} objects of which no photo here tells"
            remedy = "remove those, unless another data folder keeps its photos there"
            yield Finding(label, "warning", message, remedy)
        else:
            yield Finding(label, "ok", told)


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
