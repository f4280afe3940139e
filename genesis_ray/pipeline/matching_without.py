"""Naming nobody who is being forgotten, as long as faces of theirs may be left."""

from collections.abc import Collection
from datetime import datetime

from genesis_ray.pipeline.resolver_ports import Decisions


class MatchingWithout:
    """What was decided about who is who, where no track may be one of certain identities."""

    def __init__(self, decided: Decisions, identity_ids: Collection[str]) -> None:
        self._decided = decided
        self._gone = frozenset(identity_ids)

    def now(self, identity_id: str) -> str:
        """Return whom an identity is now that some were merged."""
        return self._decided.now(identity_id)

    def is_withheld(self, identity_id: str) -> bool:
        """Tell whether nothing may be told of somebody, as of who is being forgotten."""
        is_gone = not self._gone.isdisjoint((identity_id, self.now(identity_id)))
        return is_gone or self._decided.is_withheld(identity_id)

    def may_be(self, identity_id: str, camera_id: str, track_id: int, at: datetime) -> bool:
        """Tell whether a track may be this identity: it stays, and nobody said it is not."""
        return not self.is_withheld(identity_id) and (
            self._decided.may_be(identity_id, camera_id, track_id, at)
        )
