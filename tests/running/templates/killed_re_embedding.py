"""Re-embeds a folder of photos and is killed at one: `killed_re_embedding.py DATA PHOTOS PHOTO`."""

import os
import signal
import sys
from pathlib import Path

from genesis_ray.running.assembly import Embedder
from genesis_ray.running.templates import re_embedding
from genesis_ray.settings import Settings
from genesis_ray.vision.faces import EmbeddedFace

data, photos, deadly = map(Path, sys.argv[1:])
face_of = re_embedding.face_of


def face_of_all_but_one(photo: Path, embedder: Embedder, *, least: float) -> EmbeddedFace:
    if photo == deadly:
        os.kill(os.getpid(), signal.SIGKILL)
    return face_of(photo, embedder, least=least)


re_embedding.face_of = face_of_all_but_one
settings = Settings(data_dir=data, faces={"embedder": "sface"})
re_embedding.re_embed(settings, "synthetic", photos)
