"""Faces that somebody takes from a person, and the note by which that is handed over."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

_KIND = "removal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Faces that are to be removed from all galleries, with the photos that are kept of them.

    Attributes:
        identity_id: Whose they are.
        embedder: Of the gallery that names people.
        at: When it was asked for.
    """

    identity_id: str
    face_ids: tuple[str, ...]
    embedder: str
    at: datetime
    by: str

    def to_note(self) -> dict[str, Any]:
        """Return what `from_note` takes, for JSON."""
        return {"kind": _KIND, **asdict(self), "at": self.at.isoformat()}

    @classmethod
    def from_note(cls, note: dict[str, Any]) -> "Removal | None":
        """Return what a note says; None where it is another kind's.

        Raises:
            ValueError: It is damaged.
        """
        if note.get("kind") != _KIND:
            return None
        told = {name: value for name, value in note.items() if name != "kind"}
        try:
            face_ids, at = tuple(map(str, told["face_ids"])), datetime.fromisoformat(told["at"])
            return cls(**{**told, "face_ids": face_ids, "at": at})
        except (LookupError, TypeError) as error:
            raise ValueError(f"expected a removal, got something else ({error})") from error
