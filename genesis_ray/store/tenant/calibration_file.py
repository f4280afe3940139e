"""The calibrations of a tenant: a JSON file for each embedder, beside its gallery."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from genesis_ray.domain.recognition.calibration import NOT_CALIBRATED, Calibrated, Calibration
from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, write_file, writing_to
from genesis_ray.store.lock import WriteLock

_VERSION = 1


class CalibrationFile:
    """What is known of a tenant's thresholds by one embedder.

    It is replaced in one step: whoever reads finds what was or what is, never a half.
    """

    def __init__(self, folder: Path, embedder: str) -> None:
        """Set up for the tenant's `folder`; nothing is written yet."""
        self.path = folder / f"calibration-{embedder}.json"

    def read(self) -> Calibration:
        """Return what is stored; where there is nothing, that nothing is calibrated.

        Raises:
            StoreError: The file is damaged, or of another version.
        """
        try:
            content = self.path.read_text()
        except FileNotFoundError:
            return NOT_CALIBRATED
        try:
            stored = json.loads(content)
            if stored["version"] != _VERSION:
                raise ValueError(f"its version is {stored['version']}, expected {_VERSION}")
            threshold = stored["threshold"]
            return Calibration(
                threshold=_calibrated(threshold) if threshold else None,
                offsets=_by_camera(stored["offsets"]),
                cameras=_by_camera(stored.get("cameras", {})),  # earlier versions have none
            )
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise StoreError(
                f"{self.path} is no calibration that this version can read ({error}); calibrate "
                f"anew after `genesis calibrate clear`"
            ) from error

    def change(self, how: Callable[[Calibration], Calibration]) -> None:
        """Replace what is stored by what `how` makes of it.

        Raises:
            StoreError: It cannot be read or written, or another process is writing it.
        """
        with writing_to(self.path.parent):
            make_folder(self.path.parent)
        lock = WriteLock(self.path.with_suffix(".lock"))
        try:
            changed = how(self.read())
            write_file(self.path, json.dumps(_to_json(changed), indent=2).encode())
        finally:
            lock.release()

    def clear(self) -> bool:
        """Remove what is stored; tell whether there was anything."""
        with writing_to(self.path.parent):
            try:
                self.path.unlink()
            except FileNotFoundError:
                return False
        return True


def _calibrated(stored: Mapping[str, Any]) -> Calibrated:
    return Calibrated(**{**stored, "made_at": datetime.fromisoformat(stored["made_at"])})


def _by_camera(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Calibrated]:
    return {camera_id: _calibrated(each) for camera_id, each in stored.items()}


def _to_json(calibration: Calibration) -> dict[str, object]:
    threshold = calibration.threshold
    return {
        "version": _VERSION,
        "threshold": to_json(threshold) if threshold else None,
        "offsets": {name: to_json(each) for name, each in sorted(calibration.offsets.items())},
        "cameras": {name: to_json(each) for name, each in sorted(calibration.cameras.items())},
    }


def to_json(calibrated: Calibrated) -> dict[str, object]:
    """Return a calibrated number with its evidence as JSON has it."""
    return {
        "value": calibrated.value,
        "low": calibrated.low,
        "high": calibrated.high,
        "made_at": calibrated.made_at.isoformat(),
        "method": calibrated.method,
        "data": calibrated.data,
        "figures": dict(calibrated.figures),
    }
