"""Whether a folder lies on an encrypted block device, as far as Linux tells."""

import os
from pathlib import Path

from genesis_ray.machine import Finding

_NAME = "encryption"
_SYS = Path("/sys/dev/block")
_MOUNTS = Path("/proc/self/mountinfo")
_REMEDY = (
    "put it on an encrypted volume (LUKS: `cryptsetup luksFormat`); docs/templates.md says what for"
)


def encryption(folder: Path, *, sys: Path = _SYS, mounts: Path = _MOUNTS) -> Finding:
    """Look whether the data folder, or where it will be made, is on a dm-crypt device."""
    folder = folder.expanduser().absolute()
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    device = _device_of(nearest, mounts)
    if device is None or not (sys / device).exists():
        message = f"{nearest}: Linux does not tell what it is stored on"
        remedy = "see to it that its disk is encrypted; docs/templates.md says what for"
        return Finding(_NAME, "warning", message, remedy)
    if _is_encrypted((sys / device).resolve()):
        return Finding(_NAME, "ok", f"{nearest} is on an encrypted device (dm-crypt)")
    return Finding(_NAME, "warning", f"{nearest} is on a device that is not encrypted", _REMEDY)


def _is_encrypted(device: Path) -> bool:
    """Tell whether a device, or every one that it is made of, is of dm-crypt."""
    try:
        if (device / "dm" / "uuid").read_text().startswith("CRYPT-"):
            return True
    except OSError:
        pass  # not of the device mapper
    parts = list((device / "slaves").glob("*"))  # of a logical volume or a RAID
    return bool(parts) and all(_is_encrypted(part.resolve()) for part in parts)


def _device_of(place: Path, mounts: Path) -> str | None:
    """Return major:minor of the block device under a place; None where there is none."""
    number = place.stat().st_dev
    if os.major(number):
        return f"{os.major(number)}:{os.minor(number)}"
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return None
    # Of a file system without a number of its own, as btrfs: the device that was mounted.
    wanted = f"{os.major(number)}:{os.minor(number)}"
    for line in lines:
        fields, _, rest = line.partition(" - ")
        source = Path((rest.split() or ["", ""])[1])
        if fields.split()[2] == wanted and source.is_block_device():
            inner = source.stat().st_rdev
            return f"{os.major(inner)}:{os.minor(inner)}"
    return None
