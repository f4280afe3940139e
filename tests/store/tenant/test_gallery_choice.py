from datetime import UTC, datetime

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.tenant.gallery_choice import FILE, GalleryChoice

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_what_was_chosen_last_is_read(tmp_path):
    folder = tmp_path / "default"
    assert GalleryChoice.load(folder) is None
    for embedder, before in (("sface", "fused"), ("fused", "sface")):
        choice = GalleryChoice(embedder=embedder, before=before, at=NOON)
        choice.save(folder)
        assert GalleryChoice.load(folder) == choice
    assert [path.name for path in folder.iterdir()] == [FILE]


@pytest.mark.parametrize("content", ["", "[]", '{"embedder": "sface"}', '{"at": 1}'])
def test_a_damaged_one_is_told_with_its_remedy(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    with pytest.raises(StoreError, match=r"in-use\.json cannot be read .* faces\.embedder counts"):
        GalleryChoice.load(tmp_path)


def test_half_a_choice_counts_for_nothing(tmp_path):
    choice = GalleryChoice(embedder="sface", before="fused", at=NOON)
    choice.save(tmp_path)
    (tmp_path / f"{FILE}.tmp").write_text('{"embedder": "ed')
    assert GalleryChoice.load(tmp_path) == choice
