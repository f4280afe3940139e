import os
from pathlib import Path

import pytest

from genesis_ray.encryption import encryption
from genesis_ray.machine import Finding


class Machine:
    """A made-up /sys and /proc, in which the test's folder lies on a device of choice."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.data.mkdir()
        self.sys = folder / "sys"
        self.sys.mkdir()
        self.mounts = folder / "mountinfo"
        number = self.data.stat().st_dev
        self.number = f"{os.major(number)}:{os.minor(number)}"

    def device(self, name: str, uuid: str | None = None, *, of: tuple[str, ...] = ()) -> None:
        """Make a device; with `uuid` of the device mapper, over those that it is made of."""
        (self.sys / name / "slaves").mkdir(parents=True)
        if uuid is not None:
            (self.sys / name / "dm").mkdir()
            (self.sys / name / "dm" / "uuid").write_text(f"{uuid}\n")
        for part in of:
            (self.sys / name / "slaves" / part).symlink_to(self.sys / part)

    def found(self, folder: Path | None = None) -> Finding:
        return encryption(folder or self.data, sys=self.sys, mounts=self.mounts)


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setattr("genesis_ray.encryption._device_of", lambda *_: made.number)
    return made


def test_a_folder_on_dm_crypt_is_well(machine):
    machine.device(machine.number, "CRYPT-LUKS2-0123-home")
    assert machine.found().level == "ok"


def test_a_logical_volume_on_dm_crypt_is_well(machine):
    machine.device("8:1")
    machine.device("253:0", "CRYPT-LUKS2-0123-disk", of=("8:1",))
    machine.device(machine.number, "LVM-4567", of=("253:0",))
    assert machine.found().level == "ok"


def test_a_bare_partition_is_a_warning_with_what_to_do(machine):
    machine.device(machine.number)
    found = machine.found()
    assert found.level == "warning"
    assert found.message.endswith("is on a device that is not encrypted")
    assert "LUKS" in found.remedy


def test_a_volume_of_which_one_half_is_not_encrypted_is_not(machine):
    machine.device("8:1")
    machine.device("253:0", "CRYPT-LUKS2-0123-disk")
    machine.device(machine.number, "LVM-4567", of=("253:0", "8:1"))
    assert machine.found().level == "warning"


def test_where_linux_does_not_tell_that_is_told(machine):
    found = machine.found()
    assert found.level == "warning"
    assert "Linux does not tell" in found.message


def test_a_folder_that_is_still_to_be_made_is_where_it_will_be(machine):
    machine.device(machine.number, "CRYPT-LUKS2-0123-home")
    assert machine.found(machine.data / "not" / "yet").level == "ok"
    assert not (machine.data / "not").exists()


def test_a_file_system_without_a_device_of_its_own_is_that_of_its_mount(tmp_path, monkeypatch):
    machine = Machine(tmp_path)

    class Place:
        def __init__(self, path: str) -> None:
            self.path = path

        def stat(self):
            return os.stat_result((0,) * 2 + (os.makedev(0, 42),) + (0,) * 7)

    machine.mounts.write_text(
        "29 1 0:41 / /proc rw - proc proc rw\n"
        "30 1 0:42 / /data rw shared:1 - btrfs /dev/mapped rw\n"
    )
    from genesis_ray import encryption as module

    class Mapped(type(Path())):
        def is_block_device(self):
            return str(self) == "/dev/mapped"

        def stat(self, **more):
            if str(self) == "/dev/mapped":
                return type("Stat", (), {"st_rdev": os.makedev(253, 7)})()
            return super().stat(**more)

    monkeypatch.setattr(module, "Path", Mapped)
    assert module._device_of(Place("/data"), machine.mounts) == "253:7"
    machine.mounts.write_text("30 1 0:42 / /data rw - overlay overlay rw\n")
    assert module._device_of(Place("/data"), machine.mounts) is None
