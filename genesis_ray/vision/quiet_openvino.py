"""OpenVINO without its reports: where its telemetry is installed, importing it sends an event.

Import `ov` from here, before anything else of OpenVINO.
"""

import sys

# What OpenVINO finds where the package is not installed; it goes on without.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

import openvino as ov  # noqa: E402  not before the line above

__all__ = ["ov"]
