import pytest

from genesis_ray.errors import StoreError
from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.enrolling.far_photos import kept_photos_in, place_figures, sweep, try_place
from genesis_ray.running.erasure.forgetting import forget
from genesis_ray.running.erasure.forgotten_search import verify
from genesis_ray.running.templates.key_rotation import rotate
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from tests.running.enrolling.test_bulk_enrolment import photo
from tests.s3_server import s3_server

PLACE = "s3://shop-faces/kept/default"


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    faces = {"embedder": "synthetic", "keep_photos": True, "photos_at": "s3://shop-faces/kept"}
    with s3_server(monkeypatch, "shop-faces"):
        yield Settings(data_dir=tmp_path / "data", faces=faces)


def there() -> list[str]:
    import s3fs

    return sorted(f"s3://{path}" for path in s3fs.S3FileSystem().find("shop-faces", refresh=True))


def test_a_person_comes_is_sealed_anew_and_is_forgotten(settings, tmp_path):
    try_place(settings)
    enroll(settings, "Ada", [photo(tmp_path / f"{tint}.png", 0, tint=tint) for tint in (0, 1)])
    before = {each.address for each in kept_photos_in(settings).all()}
    assert there() == sorted([*before, f"{PLACE}/genesis-photos"])
    assert rotate(settings).photos == 2
    kept = kept_photos_in(settings)
    assert not before & {each.address for each in kept.all()}
    assert all(
        kept.picture(each, tenant_keys(settings)).startswith(b"\xff\xd8") for each in kept.all()
    )
    (figures,) = place_figures(settings)
    assert (figures.pictures, figures.missing, figures.unknown) == (2, 0, 0)
    receipt = forget(settings, "Ada", by="eve", why="")[1]
    assert receipt.searched.residue == verify(settings, receipt).residue == ()
    assert there() == [f"{PLACE}/genesis-photos"]


def test_a_bucket_that_is_not_there_is_told_and_none_is_made(settings, tmp_path):
    elsewhere = settings.model_copy(
        update={"faces": settings.faces.model_copy(update={"photos_at": "s3://shop-facez/kept"})}
    )
    with pytest.raises(StoreError, match=r"s3://shop-facez/kept/default.*bucket does not exist"):
        enroll(elsewhere, "Ada", [photo(tmp_path / "ada.png", 0)])
    assert sweep(elsewhere).left == {}
    with pytest.raises(StoreError, match="bucket does not exist"):
        try_place(elsewhere)
