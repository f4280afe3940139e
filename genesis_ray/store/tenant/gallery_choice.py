"""Which embedder's gallery names a tenant's people, where that was chosen: one small file.

It is beside the galleries, so that it is the same for whoever works with the data folder, and
replaced in one step: whoever reads finds what was chosen before or what is.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, write_file, writing_to

FILE = "gallery-in-use.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryChoice:
    """What was chosen.

    Attributes:
        embedder: By its name in settings.
        before: The one that named people until then.
    """

    embedder: str
    before: str
    at: datetime

    @classmethod
    def load(cls, folder: Path) -> "GalleryChoice | None":
        """Return what was chosen in a tenant's folder; None where nothing was.

        Raises:
            StoreError: The file is damaged.
        """
        path = folder / FILE
        try:
            content = json.loads(path.read_bytes())
            return cls(**{**content, "at": datetime.fromisoformat(content["at"])})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise StoreError(
                f"{path} cannot be read ({error}); restore it from a copy, or remove it: then "
                f"faces.embedder counts, until you switch again"
            ) from error

    def save(self, folder: Path) -> None:
        """Store it durably in a tenant's folder.

        Raises:
            StoreError: The disk is full or refuses; what was chosen before holds.
        """
        with writing_to(folder):
            make_folder(folder)
        content = {**asdict(self), "at": self.at.isoformat(timespec="seconds")}
        write_file(folder / FILE, json.dumps(content).encode())
