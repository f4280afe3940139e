"""Changing the face embedder: people's photos embedded anew, beside the gallery in use.

Vectors of two embedders cannot be compared, and none can be made from the other: it takes the
photos. They are the operator's, in a folder, and none is kept here.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from genesis_ray.domain.ledger import WhoIsWho
from genesis_ray.domain.people import Person
from genesis_ray.errors import ConfigurationError, FaceError, NotFoundError, SourceError
from genesis_ray.running.assembly import Embedder, embedder_traits
from genesis_ray.running.enrolment import face_of
from genesis_ray.running.galleries import open_gallery
from genesis_ray.running.identities import identity_folder, who_is_who
from genesis_ray.running.naming import find
from genesis_ray.running.protected import load_protected_embedder
from genesis_ray.running.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit_entry import Access
from genesis_ray.store.gallery import FaceGallery, galleries_in
from genesis_ray.store.stored_faces import stored_faces

OnProgress = Callable[[str, int, int], None]
"""Told who is next, and how many of how many are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryFigures:
    """One embedder's gallery.

    Attributes:
        is_current: Whether the settings use it.
        missing: Who was enrolled and has no face in it, by name.
        visitors: Pseudonymous ones that have a face in it.
    """

    embedder: str
    is_current: bool
    faces: int
    people: int
    visitors: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReEmbedding:
    """What became of the people in a folder of photos.

    Attributes:
        done: Names of those who have faces in the new gallery now, and had none.
        before: Of those who had some.
        failed: Why somebody could not be taken over, by the name of their folder.
        missing: Names of everybody enrolled who has no face in the new gallery.
    """

    embedder: str
    done: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def gallery_figures(settings: Settings) -> list[GalleryFigures]:
    """Return a line for each gallery that the tenant has, and for the one that would be used."""
    who = who_is_who(settings)
    current = embedder_traits(settings.faces)
    dimensions = {**dict(galleries_in(identity_folder(settings))), current.name: current.dimension}
    return [
        _figures(settings, name, dimension, who, is_current=name == current.name)
        for name, dimension in sorted(dimensions.items())
    ]


def re_embed(
    settings: Settings,
    embedder: str,
    photos: Path,
    *,
    on_progress: OnProgress = lambda *_: None,
) -> ReEmbedding:
    """Fill the gallery of another embedder from a folder of photos: one folder a person in it.

    A person's folder is called by their name or identity. The gallery in use is not touched, and
    a system may go on with it meanwhile. Somebody's faces are stored in one step, and who has some
    is left as they are: cut off at any point, the next call goes on.

    Raises:
        SourceError: There is no such folder, or nobody's in it.
        ConfigurationError: The embedder is unknown, or the one that is in use.
        StoreError: Another process fills that gallery, or the tenant's key cannot be had.
    """
    faces = settings.faces.model_copy(update={"embedder": embedder})
    if embedder_traits(faces).name == embedder_traits(settings.faces).name:
        raise ConfigurationError(
            f"{embedder} is the embedder that is in use; name the one that is to come"
        )
    folders = _folders_in(photos)
    keys, who = tenant_keys(settings), who_is_who(settings)
    loaded = load_protected_embedder(faces, keys.current)
    done: list[str] = []
    before: list[str] = []
    failed: dict[str, str] = {}
    with ExitStack() as opened:
        gallery = opened.enter_context(
            open_gallery(
                settings,
                access=Access(action="re-embed", reason="adds the faces of people anew"),
                embedder=loaded.name,
                dimension=loaded.dimension,
                keys=keys,
                writer=True,
            )
        )
        present = {who.now(each) for each in gallery.identity_ids()}
        for number, folder in enumerate(folders):
            on_progress(folder.name, number, len(folders))
            try:
                person = who.person(find(who, folder.name))
                if person.identity_id in present:
                    before.append(person.name)
                    continue
                _enroll(gallery, person, folder, loaded, least=faces.min_quality)
            except (FaceError, SourceError, NotFoundError, ConfigurationError) as error:
                failed[folder.name] = str(error)
            else:
                done.append(person.name)
                present.add(person.identity_id)
        missing = _missing(who, present)
    return ReEmbedding(
        embedder=loaded.name,
        done=tuple(done),
        before=tuple(before),
        failed=failed,
        missing=missing,
    )


def _enroll(
    gallery: FaceGallery, person: Person, folder: Path, embedder: Embedder, *, least: float
) -> None:
    """Store the faces of all photos in a folder, in one step.

    Raises:
        SourceError: There is no photo, or one cannot be read.
        FaceError: A photo does not show one face.
    """
    photos = [path for path in _entries(folder) if path.is_file()]
    if not photos:
        raise SourceError(f"{folder}: no photo in it")
    faces = [face_of(photo, embedder, least=least) for photo in photos]
    gallery.enroll(
        person.identity_id,
        np.stack([face.embedding for face in faces]),
        qualities=[face.quality for face in faces],
        at=datetime.now(UTC),
    )
    gallery.flush()


def _folders_in(photos: Path) -> list[Path]:
    if not photos.is_dir():
        raise SourceError(f"{photos}: no such folder; name one that has a folder for each person")
    folders = [path for path in _entries(photos) if path.is_dir()]
    if not folders:
        raise SourceError(f"{photos}: no folder in it; it takes one for each person, by name")
    return folders


def _entries(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))


def _figures(
    settings: Settings,
    embedder: str,
    dimension: int,
    who: WhoIsWho,
    *,
    is_current: bool,
) -> GalleryFigures:
    faces = stored_faces(identity_folder(settings), embedder, dimension).to_pylist()
    present = {who.now(who.moved_faces.get(face["face_id"], face["identity_id"])) for face in faces}
    enrolled = [each for each in who.people if each.kind == "enrolled"]
    return GalleryFigures(
        embedder=embedder,
        is_current=is_current,
        faces=len(faces),
        people=sum(each.identity_id in present for each in enrolled),
        visitors=sum(each.identity_id in present for each in who.people if each.kind == "visitor"),
        missing=_missing(who, present),
    )


def _missing(who: WhoIsWho, present: Set[str]) -> tuple[str, ...]:
    """Return the names of those who were enrolled and are not among the people `present`."""
    return tuple(
        each.name
        for each in who.people
        if each.kind == "enrolled" and each.identity_id not in present
    )
