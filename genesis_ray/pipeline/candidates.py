"""Who a face may be: the nearest of those in the gallery whom nothing keeps from it."""

from datetime import datetime
from typing import NamedTuple, Protocol

from genesis_ray.domain.recognition.identity import Candidate, Embedding, FaceSight
from genesis_ray.pipeline.resolver_ports import Decisions, Gallery

CANDIDATES_KEPT = 5
"""Identities named in a `FaceScored`: enough to explain a decision, few enough to store."""

_LOOKED_AT = 80
"""Identities after which nobody is looked for who is too unlike a face to have a say: where most
people gave no consent, a large gallery would be ranked to its end for each face."""


class Ranking(NamedTuple):
    """The nearest identities that a track may be, best first, and how near others come.

    Attributes:
        barred: Similarity of the nearest whom it may not be, for whatever reason.
        rejected: That of the nearest whom somebody said it is not, of whom that may be told.
        withheld: That of the nearest of whom nothing may be told, as they are being forgotten.
    """

    candidates: list[Candidate]
    barred: float | None
    rejected: float | None
    withheld: float | None = None


class Expiry(Protocol):
    """Knows who is somebody still."""

    def is_current(self, identity_id: str, at: datetime) -> bool:
        """Tell whether somebody may still be recognised at a time."""


class Candidates:
    """Ranks the people of a gallery by their likeness to a face, as who they are now."""

    def __init__(self, gallery: Gallery, decisions: Decisions, expiry: Expiry) -> None:
        self._gallery = gallery
        self._decisions = decisions
        self._expiry = expiry

    def ranked(
        self,
        embedding: Embedding,
        face: FaceSight,
        *,
        floor: float,
        most: int = CANDIDATES_KEPT,
    ) -> Ranking:
        """Return the `most` similar of those whom a face's track may be.

        All who come as near as `floor` are looked at, however many are barred; of others some.
        """
        limit = most
        while True:
            found = self._gallery.nearest(embedding, limit=limit)
            best: dict[str, Candidate] = {}
            barred: float | None = None
            rejected: float | None = None
            withheld: float | None = None
            for identity_id, similarity in found:
                present = self._decisions.now(identity_id)
                if not self._expiry.is_current(present, face.captured_at):
                    continue
                if self.is_barred(present, face):
                    barred = similarity if barred is None else barred
                    if self._decisions.is_withheld(present):
                        withheld = similarity if withheld is None else withheld
                    else:
                        rejected = similarity if rejected is None else rejected
                else:
                    best.setdefault(present, Candidate(present, similarity))
            is_done = len(best) >= most or len(found) < limit
            if is_done or (limit >= _LOOKED_AT and found[-1].similarity < floor):
                return Ranking(list(best.values())[:most], barred, rejected, withheld)
            limit *= 2  # some are one person, or may not be this one

    def is_barred(self, identity_id: str, face: FaceSight) -> bool:
        """Tell whether a face's track may not be an identity, for whatever reason."""
        return not self._decisions.may_be(
            identity_id, face.camera_id, face.track_id, face.captured_at
        )
