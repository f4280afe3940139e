"""How much the faces of a run are like people whom they certainly do not show, by camera."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.evaluation.calibration import ImpostorScores

Row = Mapping[str, Any]
"""A row of an event table."""


def impostor_scores(
    scores: Iterable[Row], names: Iterable[Row], who: WhoIsWho, *, min_quality: float
) -> dict[str, ImpostorScores]:
    """Return the impostor scores of each camera.

    A face of a named track shows whom the track is named after; the nearest of all others who
    were stored with it is somebody whom it does not show. Faces of tracks without a name are
    left out: the nearest may well be who it is.

    Args:
        scores: A run's `face_scores`.
        names: Its `face_recognitions` by who people are now: those that were rejected are no more.
        who: Who people are now.
        min_quality: Worse faces are left out, as they do not vote.
    """
    named = {(row["camera_id"], row["track_id"]): row["identity_id"] for row in names}
    similarity: defaultdict[str, list[float]] = defaultdict(list)
    people: defaultdict[str, list[str]] = defaultdict(list)
    for row in scores:
        camera_id = row["camera_id"]
        shown = named.get((camera_id, row["track_id"]))
        if shown is None or row["quality"] < min_quality:
            continue
        candidates = zip(row["candidate_ids"], row["similarities"], strict=True)
        others = (value for identity_id, value in candidates if who.now(identity_id) != shown)
        if (nearest := next(others, None)) is not None:
            similarity[camera_id].append(nearest)
            people[camera_id].append(shown)
    return {
        camera_id: ImpostorScores(np.array(values), people[camera_id])
        for camera_id, values in sorted(similarity.items())
    }
