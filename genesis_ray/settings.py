"""Everything an operator can set: one YAML file, overridden by GENESIS_* variables.

Read once by an entry point (`settings_file.load`) and handed down in plain values:
`serving` and `live` take their sections, everything below takes numbers and domain
objects.
"""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    PlainSerializer,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from genesis_ray.domain.addresses import is_live, redacted
from genesis_ray.domain.capacity import CAMERAS_A_GROUP
from genesis_ray.domain.retry import DELAYS_S
from genesis_ray.domain.roles import AGGRESSIVE_FPS, Role, drop_class_of
from genesis_ray.domain.source_policy import SCHEMES, Scheme, SourcePolicy
from genesis_ray.errors import StoreError
from genesis_ray.store.tenants import folder_name


def _plain_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise ValueError(
            f"expected up to 64 letters, digits, dots, dashes and underscores, "
            f"the first a letter or digit, got {name!r:.80}"
        )
    return name


def _tenant_name(name: str) -> str:
    try:
        return folder_name(name)
    except StoreError as error:
        raise ValueError(str(error)) from error


def _playable(source: object) -> object:
    parts = source if isinstance(source, list | tuple) else [source]
    if not parts or not all(isinstance(part, str) and part.strip() for part in parts):
        raise ValueError(
            f"expected a video file, photo:FILE, synthetic:, a list of these, or the address of "
            f"a live stream, got {source!r:.60}"
        )
    return source


def _shown(source: str | tuple[str, ...]) -> str | list[str]:
    return redacted(source) if isinstance(source, str) else [redacted(part) for part in source]


Fraction = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(le=366 * 86_400)]
Corner = tuple[Fraction, Fraction]
Identifier = Annotated[str, AfterValidator(_plain_name)]
"""Names that become folders and labels."""
TenantId = Annotated[str, AfterValidator(_tenant_name)]
Source = Annotated[
    str | tuple[str, ...],
    BeforeValidator(_playable),
    PlainSerializer(_shown, when_used="json"),
]
"""What a camera plays; shown, as in a run's run.json, without passwords."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ZoneSettings(_Section):
    """An area of a camera's image, as (x, y) fractions of width and height."""

    zone_id: Identifier
    outline: Annotated[tuple[Corner, ...], Field(min_length=3)]


class LineSettings(_Section):
    """A counting line: who goes over it to its right-hand side, from start to end, goes in."""

    line_id: Identifier
    start: Corner
    end: Corner

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if self.start == self.end:
            raise ValueError(f"start and end are the same point {self.start}")
        return self


class CameraSettings(_Section):
    """One video source."""

    camera_id: Identifier
    source: Source = Field(
        description="A video file, photo:FILE?seconds=8 or synthetic:, of which several play in "
        "turn; or rtsp://, http:// or device:0"
    )
    role: Role = Field(
        default="tracking",
        description="What it is for. Under overload billing and entrance lose nothing while there "
        "is room at all, face_capture and tracking are sampled more rarely, vehicle and emotion "
        "give way first and are looked at once a second",
    )
    motion_gate: bool = Field(
        default=False, description="Look once a second where nothing moves in the picture"
    )
    transport: Literal["tcp", "udp"] = Field(default="tcp", description="What RTSP is carried by")
    node: Identifier | None = Field(
        default=None,
        description="Watch it on the node that `ray start --labels genesis-node=NAME` named so, "
        "which has its device or its recordings; unset: on any",
    )
    process_fps: float | None = Field(
        default=None, gt=0, le=60, description="Overrides `process_fps` for this camera"
    )
    start: AwareDatetime | None = Field(
        default=None, description="When the recording began; else the file says, else 1970"
    )
    zones: tuple[ZoneSettings, ...] = ()
    lines: tuple[LineSettings, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether this is a stream that never ends by itself."""
        return any(map(is_live, self.sources))

    @property
    def sources(self) -> tuple[str, ...]:
        """What plays, in turn."""
        return (self.source,) if isinstance(self.source, str) else self.source


class SourceSettings(_Section):
    """Where live streams may be read from."""

    allowed_networks: tuple[IPvAnyNetwork, ...] = Field(
        default=(),
        description="Networks in which cameras are, as 10.20.0.0/16; unset: anywhere but in "
        "link-local, multicast and cloud metadata networks, which have to stand here themselves",
    )
    allowed_schemes: tuple[Scheme, ...] = Field(
        default=SCHEMES, description="How the addresses of live streams may begin"
    )
    follow_links: bool = Field(
        default=False,
        description="Follow redirects and playlists (HLS), although where they lead is not checked",
    )

    @property
    def policy(self) -> SourcePolicy:
        """The same as the domain knows it."""
        return SourcePolicy(**dict(self))


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


class DetectorSettings(_Section):
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
        if self.min_replicas > self.max_replicas:
            raise ValueError(f"min_replicas {self.min_replicas} > max_replicas {self.max_replicas}")
        if self.stack_frames > self.max_batch_frames:
            raise ValueError(
                f"stack_frames {self.stack_frames} > max_batch_frames {self.max_batch_frames}; "
                f"set both where one is not what the mode {self.mode} says"
            )
        return self


class FaceSettings(_Section):
    """When faces are looked at, and the face embedder with its deployment."""

    enabled: bool = True
    embedder: str = "fused"
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
    min_quality: Fraction = Field(default=0.2, description="Worse faces are scored, and no more")
    min_replicas: int = Field(default=1, ge=1)
    max_replicas: int = Field(default=4, ge=1)
    upscale_delay_s: Seconds = Field(
        default=10.0, ge=0, description="Overloaded so long: a replica more"
    )
    downscale_delay_s: Seconds = Field(
        default=300.0, ge=0, description="Idle so long: a replica less"
    )
    num_cpus: float = Field(default=0.2, ge=0)
    num_gpus: float | None = Field(default=None, ge=0)


class GroupSettings(_Section):
    """The processes that watch the cameras, each several of them."""

    cameras: int = Field(default=CAMERAS_A_GROUP, ge=1, description="Most cameras in a process")
    num_cpus: float = Field(
        default=0.1,
        ge=0,
        description="Reserved per process, for placing it: what its cameras take, as `genesis "
        "plan` tells, where Ray is to add nodes for more than fit on those there are",
    )


class IdentitySettings(_Section):
    """How faces become names."""

    threshold: Fraction | None = Field(
        default=None, description="Least similarity; unset: the embedder's calibrated one"
    )
    margin: Fraction = 0.05
    votes: int = Field(default=3, ge=1)
    visitors: bool = Field(
        default=False, description="Give people nobody enrolled a pseudonymous identity"
    )
    visitor_faces: int = Field(default=5, ge=1, description="Good faces before that is done")


class BackPressureSettings(_Section):
    """How many reports of a camera group may wait, while journal or resolver do not take them."""

    slow_at: int = Field(
        default=800, ge=1, description="From here on cameras that may lose frames are sampled"
    )
    stop_at: int = Field(
        default=1000, ge=1, description="From here on no frame is looked at until there is room"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.slow_at > self.stop_at:
            raise ValueError(f"slow_at {self.slow_at} > stop_at {self.stop_at}")
        return self


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        env_prefix="GENESIS_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
    )

    data_dir: Path = Field(default=Path("genesis-data"), description="What outlasts a run")
    tenant_id: TenantId = "default"
    site_id: Identifier = "default"
    process_fps: float = Field(default=10.0, gt=0, le=60, description="Frames looked at a second")
    settle_s: Seconds = Field(
        default=0.5, ge=0, description="Stay on the new side of a zone or line before it counts"
    )
    visit_gap_s: Seconds = Field(
        default=300.0, gt=0, description="Out of sight this long: visit over"
    )
    retry_delays_s: tuple[Annotated[float, Field(ge=0, le=3600)], ...] = Field(
        default=DELAYS_S,
        description="Before each further attempt at what fails; then it is set aside",
    )
    annotate: bool = Field(default=False, description="Record annotated video: stores pictures")
    groups: GroupSettings = GroupSettings()
    detector: DetectorSettings = DetectorSettings()
    faces: FaceSettings = FaceSettings()
    back_pressure: BackPressureSettings = BackPressureSettings()
    identity: IdentitySettings = IdentitySettings()
    sources: SourceSettings = SourceSettings()
    cameras: tuple[CameraSettings, ...] = ()

    @model_validator(mode="after")
    def _unique(self) -> Self:
        _refuse_repeats("camera_id", [camera.camera_id for camera in self.cameras])
        for camera in self.cameras:
            _refuse_repeats(
                f"zone_id of camera {camera.camera_id}", [zone.zone_id for zone in camera.zones]
            )
            _refuse_repeats(
                f"line_id of camera {camera.camera_id}", [line.line_id for line in camera.lines]
            )
        return self

    @property
    def has_live_cameras(self) -> bool:
        """Whether a camera is a stream that never ends by itself."""
        return any(camera.is_live for camera in self.cameras)

    def fps_of(self, camera: CameraSettings) -> float:
        """Return how many frames a second of `camera` are looked at, at most."""
        if camera.process_fps is None and drop_class_of(camera.role) == "aggressive":
            return min(AGGRESSIVE_FPS, self.process_fps)
        return camera.process_fps or self.process_fps

    def with_start(self, start: datetime | None) -> "Settings":
        """Return the settings with `start` for every camera that names none itself."""
        if start is None:
            return self
        cameras = tuple(
            camera if camera.start else camera.model_copy(update={"start": start})
            for camera in self.cameras
        )
        return self.model_copy(update={"cameras": cameras})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file."""
        return env_settings, init_settings


def camera_id_of(source: str) -> str:
    """Return the name of a camera that nobody named: its file's stem or its address, plain."""
    scheme, _, rest = source.partition(":")
    if is_live(source):
        address = urlsplit(source)
        name = f"{address.hostname}{address.path}" if address.hostname else redacted(source)
    elif scheme in ("photo", "synthetic"):
        name = Path(rest.partition("?")[0].rpartition(":")[2]).stem
    else:
        name = Path(source).stem
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-._")[:64] or "camera"


def _refuse_repeats(what: str, values: list[str]) -> None:
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(f"each {what} may stand once; repeated: {', '.join(repeated)}")
