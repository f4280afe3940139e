"""What identities visitors get that are made of a track's faces: the same, however often."""

from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np

from genesis_ray.domain.recognition.identity import FaceSight
from genesis_ray.domain.stable_ids import stable_id


def visitor_ids(tenant_id: str, own: Sequence[FaceSight], *, salt: str = "") -> Iterator[str]:
    """Yield the ids for who is shown by faces of one track, without end; take the first free one.

    Camera, track and time do not tell two recordings of unknown date apart, which both begin in
    1970 with track 1. The qualities of their faces do; they are taken as the event log has them.
    With another `salt` all ids are others.
    """
    first = own[0]
    sight = first.camera_id, first.track_id, first.captured_at
    qualities = np.array([face.quality for face in own], np.float32)
    salted = (salt,) if salt else ()
    for number in count():
        yield str(stable_id(tenant_id, "visitor", *salted, *sight, *qualities.tolist(), number))
