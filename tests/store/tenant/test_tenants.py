from pathlib import Path

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.tenant.tenants import folder_name, gallery_folder, unpacking_folder


@pytest.mark.parametrize("tenant_id", ["default", "a", "acme-2", "shop_7.north", "7"])
def test_a_plain_name_is_its_own_folder(tenant_id):
    assert folder_name(tenant_id) == tenant_id


@pytest.mark.parametrize(
    "tenant_id",
    [
        "",
        ".",
        "..",
        "../other",
        "a/b",
        "a\\b",
        "Acme",
        "a b",
        "a*",
        ".hidden",
        "a.",
        "é",
        "a\n",
        "x" * 65,
    ],
)
def test_a_name_that_could_lead_elsewhere_is_refused(tenant_id):
    with pytest.raises(StoreError, match="cannot name a folder"):
        folder_name(tenant_id)


def test_a_tenants_gallery_is_its_own_folder():
    assert gallery_folder(Path("data"), "acme") == Path("data/gallery/acme")


def test_where_a_backup_is_unpacked_no_tenant_is():
    place = unpacking_folder(Path("data"), "acme")
    assert place.parent == gallery_folder(Path("data"), "acme").parent
    with pytest.raises(StoreError, match="cannot name a folder"):
        folder_name(place.name)
