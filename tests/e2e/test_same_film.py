"""The same film gives the same event tables: live, in one process, and from an archive."""

from pathlib import Path

import pytest

from genesis_ray.store.reader import RunTables

pytestmark = [pytest.mark.e2e, pytest.mark.ray, pytest.mark.models]


def watch(genesis, mode: str, video: Path, folder: Path, config: Path) -> RunTables:
    """Run the film through one mode, from an empty gallery, and return its tables."""
    out, data = folder / mode, folder / f"{mode}-data"
    common = ["--config", config, "--out", out, "--data", data]
    if mode == "archive":
        genesis("reprocess", video, *common)
    else:
        genesis("run", video, *common, *(["--local"] if mode == "local" else []))
    return RunTables(out / "events")


def assert_same(tables: dict[str, RunTables]) -> None:
    live = tables.pop("live")
    for mode, others in tables.items():
        assert set(others) == set(live)
        for name in live:
            assert others[name].equals(live[name]), f"{name}: {mode} is not like live"


@pytest.mark.data
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("clip", "modes", "tables_with_rows"),
    [
        (
            "hamilton_short.mp4",
            ("live", "local", "archive"),
            {"track_observations", "face_scores", "face_recognitions", "visits", "camera_states"},
        ),
        (
            "intel_face-demographics-walking.mp4",
            ("live", "local"),
            {"track_observations", "zone_crossings", "camera_states"},
        ),
    ],
)
def test_every_mode_gives_equal_tables(
    clip, modes, tables_with_rows, shared_data, genesis, tmp_path
):
    config = tmp_path / "config.yaml"
    config.write_text(
        f"""
identity: {{visitors: true}}
cameras:
  - camera_id: film
    source: {shared_data / "videos" / clip}
    zones: [{{zone_id: left, outline: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}}]
    lines: [{{line_id: middle, start: [0, 0.8], end: [1, 0.8]}}]
"""
    )
    video = shared_data / "videos" / clip
    tables = {mode: watch(genesis, mode, video, tmp_path, config) for mode in modes}
    assert tables_with_rows <= {name for name, table in tables["live"].items() if len(table)}
    assert_same(tables)
