"""The same films give the same event tables: live, in one process, and from an archive."""

from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from genesis_ray.store.events.reader import RunTables

pytestmark = [pytest.mark.e2e, pytest.mark.ray, pytest.mark.models]

FILMS = ("hamilton_short", "intel_face-demographics-walking")


def watch(genesis, mode: str, films: list[Path], folder: Path, config: Path) -> dict[str, pa.Table]:
    """Run the films through one mode, from an empty gallery, and return its tables."""
    out = folder / mode
    common = ("--config", config, "--out", out, "--data", folder / f"{mode}-data")
    if mode == "archive":
        genesis("reprocess", *films, *common)
    else:
        genesis("run", *films, *common, *(["--local"] if mode == "local" else []))
    return {name: table.read() for name, table in RunTables(out / "events").items()}


@pytest.mark.data
@pytest.mark.timeout(600)
def test_every_mode_gives_equal_tables(shared_data, genesis, tmp_path):
    films = [shared_data / "videos" / f"{name}.mp4" for name in FILMS]
    config = tmp_path / "config.yaml"
    cameras = [
        {
            "camera_id": film.stem,
            "source": str(film),
            "start": "2026-01-05T11:59:55Z",
            "zones": [
                {"zone_id": "left", "outline": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]},
                {
                    "zone_id": "until-noon",
                    "outline": [[0, 0], [1, 0], [1, 1], [0, 1]],
                    "anchor": "top_center",
                    "loiter_s": 2,
                    "schedule": [{"from": "09:00", "to": "12:00"}],
                },
            ],
            "lines": [{"line_id": "middle", "start": [0.5, 0], "end": [0.5, 1]}],
            "masks": [{"mask_id": "edge", "outline": [[0.95, 0], [1, 0], [1, 1], [0.95, 1]]}],
        }
        for film in films
    ]
    alerts = [
        {"rule": "crowd", "over": 0, "for_s": 2, "cool_down_s": 1, "escalate_s": 2},
        {"rule": "loitering", "zone_id": "left", "over_s": 1},
        {"rule": "wait", "zone_id": "left", "of": "mean", "over_s": 1},
        {"rule": "staff-only", "zone_id": "left", "for_s": 1},
    ]
    settings = {
        "identity": {"visitors": True, "visitor_wait_days": 1},
        "alerts": alerts,
        "cameras": cameras,
    }
    config.write_text(yaml.safe_dump(settings))
    live, local, archive = (
        watch(genesis, mode, films, tmp_path, config) for mode in ("live", "local", "archive")
    )
    assert {name for name, table in live.items() if len(table)} >= {
        "track_observations", "zone_crossings", "loiterings", "line_crossings", "face_scores",
        "face_recognitions", "visits", "camera_states", "alerts",
    }  # fmt: skip
    for mode, others in {"local": local, "archive": archive}.items():
        assert set(others) == set(live)
        for name in live:
            assert others[name].equals(live[name]), f"{name}: {mode} is not like live"
