"""Renews a gallery's templates to a further key again and again until it is killed.

Run as `rotating_writer.py FOLDER NEWEST`; the file NEWEST has the version it is at, or comes to.
"""

import sys
from pathlib import Path

from genesis_ray.store.disk import write_file
from genesis_ray.store.galleries.gallery import FaceGallery
from tests.store.some_keys import ring

DIMENSION = 16


def main(folder: Path, newest: Path) -> None:
    version = 1
    while True:
        version += 1
        write_file(newest, str(version).encode())
        keys = ring(version - 1, version)
        FaceGallery(folder, embedder="fused", dimension=DIMENSION, keys=keys, writer=True).close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
