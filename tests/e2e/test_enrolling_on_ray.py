"""`genesis people enroll --folder`, with workers and without: the same people by the same bits."""

import csv
import json
from collections import defaultdict
from pathlib import Path

import pytest

from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.settings import Settings
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.tenant.identity_schemas import gallery_schema

pytestmark = [
    pytest.mark.e2e, pytest.mark.ray, pytest.mark.models, pytest.mark.data,
    pytest.mark.timeout(600),
]  # fmt: skip

PEOPLE = 6
PHOTOS = 3


@pytest.fixture
def staff(shared_data, tmp_path) -> Path:
    """A folder of some people with photos that are read where they lie."""
    by_name = defaultdict(list)
    with (shared_data / "faces" / "identities.csv").open() as file:
        for row in csv.DictReader(file):
            if row["set"] == "lfw":
                by_name[row["identity"]].append(shared_data / "faces" / row["file"])
    chosen = [name for name, own in sorted(by_name.items()) if len(own) >= PHOTOS][:PEOPLE]
    for name in chosen:
        own = tmp_path / "staff" / name
        own.mkdir(parents=True)
        for photo in by_name[name][:PHOTOS]:
            (own / photo.name).symlink_to(photo)
    (tmp_path / "staff" / chosen[0] / "text.jpg").write_text("no picture")
    return tmp_path / "staff"


def stored(data: Path) -> list[dict[str, object]]:
    """Return all that the gallery has of each face, but for what is made up by chance or by now."""
    settings = Settings(data_dir=data)
    traits, folder = embedder_traits(settings.faces), identity_folder(settings)
    schema = gallery_schema(traits.dimension)
    rows = LanceTable(folder, f"faces_{traits.name}", schema, writer=False).rows()
    names = {each.identity_id: each.name for each in who_is_who(settings).people}
    return [
        {**row, "identity_id": names[row["identity_id"]], "face_id": "", "enrolled_at": ""}
        for row in rows.to_pylist()
    ]


def test_workers_find_the_faces_of_real_photos_as_one_process_does(genesis, staff, tmp_path):
    told = [
        genesis(
            "people", "enroll", "--folder", staff, "--data", tmp_path / data, *more, "--json",
            expect=1,
        )
        for data, more in (("alone", ()), ("helped", ("--workers", 2)))
    ]  # fmt: skip
    alone, helped = (json.loads(each.stdout) for each in told)
    assert alone == helped
    assert len(helped["refused"]) >= 1
    assert sum(helped["added"].values()) >= PEOPLE
    assert stored(tmp_path / "alone") == stored(tmp_path / "helped")
    assert all(row["landmarks"] and row["box"] for row in stored(tmp_path / "helped"))
