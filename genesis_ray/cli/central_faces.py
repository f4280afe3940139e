"""The central faces of picture files, read and embedded with a progress bar: what is evaluated."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from genesis_ray.domain.recognition.identity import Embedding
    from genesis_ray.domain.streams.frames import Image

EmbedderOption = Annotated[str, typer.Option(help="fused, facenet-vggface2, sface or w600k_mbf.")]
FinderOption = Annotated[str, typer.Option("--detector", help="yunet, scrfd or mtcnn.")]

_PHOTOS_A_CALL = 8


def embed_central_faces(
    files: Iterable[str], root: Path, embedder: str, detector: str
) -> Mapping[str, "Embedding | None"]:
    """Return the embedding of every picture's central face, None where there is no face.

    Raises:
        ConfigurationError: There is no such embedder or detector.
        SourceError: A file is missing, cannot be read, or is no picture.
        ModelError: Weights cannot be had.
    """
    from rich.progress import track

    from genesis_ray.cli.console import stderr
    from genesis_ray.cli.models import pull_with_bar
    from genesis_ray.vision import embedders, face_finders
    from genesis_ray.vision.faces import FaceEmbedder

    names = list(dict.fromkeys(files))
    parts = [part.model for part in embedders.find(embedder).parts]
    models = [face_finders.model_of(detector), *parts]
    _check_all_there(root, names)
    for name in models:
        pull_with_bar(name)
    model = FaceEmbedder(embedder, detector=detector)
    chunks = [names[i : i + _PHOTOS_A_CALL] for i in range(0, len(names), _PHOTOS_A_CALL)]
    embeddings: dict[str, Embedding | None] = {}
    for chunk in track(chunks, "embedding faces", console=stderr, transient=True):
        answers = model.central_faces([_read(root / name) for name in chunk])
        embeddings.update(
            (name, face.embedding if face else None)
            for name, face in zip(chunk, answers, strict=True)
        )
    return embeddings


def _check_all_there(root: Path, names: list[str]) -> None:
    import cv2

    from genesis_ray.errors import SourceError

    missing = [name for name in names if not (root / name).is_file()]
    if missing:
        raise SourceError(
            f"{root / missing[0]}: no such picture, as {len(missing)} of {len(names)} are missing; "
            "name the folder that the paths in the CSV file start from with --root"
        )
    for name in names:
        if not cv2.haveImageReader(str(root / name)):  # told by its first bytes
            _read(root / name)


def _read(path: Path) -> "Image":
    import cv2
    import numpy as np

    from genesis_ray.errors import SourceError

    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}; make it readable") from error
    image: Image | None = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    if image is None:
        raise SourceError(f"{path}: expected a picture, found none in it; give a JPEG, PNG or PGM")
    return image
