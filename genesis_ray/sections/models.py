"""What an operator can set of the models: the person detector, and what looks at faces."""

import re
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from genesis_ray.sections.types import Fraction, Seconds, Section

DetectorEngine = Literal["auto", "openvino-int8", "openvino", "onnxruntime", "tensorrt", "torch"]
"""What runs the detector; auto is the fastest here that is known to keep its accuracy."""


Mode = Literal["low-latency", "balanced", "throughput"]

MODES: dict[str, dict[str, float]] = {
    "low-latency": {
        "stack_frames": 4,
        "max_batch_frames": 4,
        "batch_wait_timeout_s": 0.0,
        "stacks_in_flight": 1,
    },
    "balanced": {},
    "throughput": {
        "stack_frames": 32,
        "max_batch_frames": 64,
        "batch_wait_timeout_s": 0.02,
        "stacks_in_flight": 4,
    },
}
"""What each mode sets where the configuration does not, and other than the settings' defaults.
benchmarks/bench_modes.py measures them."""


class ReplicaSettings(Section):
    """How many replicas a model has, and what each reserves."""

    min_replicas: int = Field(default=1, ge=1)
    max_replicas: int = Field(default=4, ge=1)
    upscale_delay_s: Seconds = Field(
        default=10.0, ge=0, description="Overloaded so long: a replica more"
    )
    downscale_delay_s: Seconds = Field(
        default=300.0, ge=0, description="Idle so long: a replica less"
    )
    num_cpus: float = Field(default=0.2, ge=0, description="Reserved per replica, for placing it")
    num_gpus: float | None = Field(
        default=None, ge=0, description="Per replica; unset: 0.25 where there is a GPU, else 0"
    )

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError(f"min_replicas {self.min_replicas} > max_replicas {self.max_replicas}")
        return self


class DetectorSettings(ReplicaSettings):
    """The person detector and its deployment."""

    mode: Mode = Field(
        default="balanced",
        description="low-latency answers a frame soonest, throughput does most frames a second: "
        "sets the four settings that follow it in this list where they are not set themselves",
    )
    stack_frames: int = Field(default=16, ge=1, description="Most frames in one request")
    max_batch_frames: int = Field(
        default=32, ge=1, description="Most frames that a replica runs together"
    )
    batch_wait_timeout_s: Seconds = Field(
        default=0.0, ge=0, description="What a replica waits for more frames"
    )
    stacks_in_flight: int = Field(
        default=3, ge=1, le=16, description="Requests under way at once, for each group of cameras"
    )
    model: str = "yolov8n"
    engine: DetectorEngine = "auto"
    confidence: Fraction = Field(
        default=0.25,
        description="Least of a detection; those below 0.4 continue a track and begin none",
    )
    iou: Fraction = 0.5
    max_detections: int = Field(default=100, ge=1)
    input_size: int = Field(
        default=640, ge=64, multiple_of=32, description="Longer side of the model's input, pixels"
    )
    tile_above: int | None = Field(
        default=None,
        ge=1,
        description="Frames with so many people are looked at again, as 2x2 tiles; unset: none are",
    )

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, values: Any) -> Any:
        """Let the mode say what is not set; an unknown mode is refused as a field's value is."""
        if not isinstance(values, dict):
            return values
        mode = values.get("mode")
        return {**MODES.get(mode, {}), **values} if isinstance(mode, str) else values

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.stack_frames > self.max_batch_frames:
            raise ValueError(
                f"stack_frames {self.stack_frames} > max_batch_frames {self.max_batch_frames}; "
                f"set both where one is not what the mode {self.mode} says"
            )
        return self


class FaceSettings(ReplicaSettings):
    """When faces are looked at, and the face embedder with its deployment."""

    enabled: bool = True
    embedder: str = Field(
        default="fused",
        description="Makes faces comparable; where `genesis people switch` chose one for the data "
        "folder, that counts instead, see docs/embedder.md",
    )
    keep_photos: bool = Field(
        default=False,
        description="Keep a picture of each face that is enrolled, encrypted with the tenant's "
        "key, so that another embedder needs no photos from you. Whoever has the data folder and "
        "the key can then see these people's faces; off: no face image is stored",
    )
    photos_at: str | None = Field(
        default=None,
        description="Where those pictures are instead of in the data folder: a folder of any file "
        "system that fsspec reaches, as s3://bucket/faces; what lets one in comes of the "
        "environment, see docs/embedder.md",
    )
    finder: Literal["yunet", "scrfd", "mtcnn"] = "yunet"
    engine: Literal["auto", "openvino", "onnxruntime", "torch"] = "auto"
    interval_s: Seconds = Field(
        default=0.5, gt=0, description="Between two looks at a track's face"
    )
    looks: int = Field(default=10, ge=1, description="Looks at a track before they become rarer")
    later_interval_s: Seconds = Field(
        default=5.0, gt=0, description="Between the looks after those"
    )
    min_person_width: int = Field(
        default=48, ge=1, description="Pixels; narrower people show no usable face"
    )
    min_quality: Fraction = Field(
        default=0.2, description="Worse faces are noted, but not embedded and compared with nobody"
    )
    enough: int = Field(
        default=6,
        ge=1,
        description="Good faces of a track from which on only a markedly better one, or one every "
        "later_interval_s, is embedded; as many as a name or a visitor takes at least",
    )

    @field_validator("photos_at")
    @classmethod
    def _is_plain_place(cls, place: str | None) -> str | None:
        """Refuse an address that holds what lets one in, without showing it."""
        if place is None:
            return None
        scheme, _, rest = place.partition("://")
        if "@" in place or "?" in place or "#" in place:
            raise ValueError(
                "expected an address without user, password or signature in it; what lets one in "
                "comes of the environment, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        if not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme) or not rest.strip("/") or "::" in place:
            raise ValueError(
                "expected the address of a folder, as s3://bucket/faces or file:///mnt/nas/faces"
            )
        if scheme == "memory":
            raise ValueError("memory:// keeps nothing once a process has ended")
        return place.rstrip("/")
