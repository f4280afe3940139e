"""Ultralytics that installs nothing, asks nobody and writes nothing in the home.

Import this before anything of ultralytics, which reads these variables when it is imported.
"""

import os

from genesis_ray.vision.models import models_dir

# Not a default that the environment may change: a start must never install packages.
os.environ["YOLO_AUTOINSTALL"] = "false"
os.environ.setdefault("YOLO_CONFIG_DIR", str(models_dir() / "ultralytics"))
os.environ.setdefault("YOLO_OFFLINE", "true")
os.environ.setdefault("YOLO_VERBOSE", "false")
