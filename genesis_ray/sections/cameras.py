"""What an operator can set of cameras: where each is, what it is for, what it watches."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    Field,
    IPvAnyNetwork,
    PlainSerializer,
    model_validator,
)

from genesis_ray.domain.load.roles import Role, looks_at_faces
from genesis_ray.domain.places.homography import Matrix
from genesis_ray.domain.streams.addresses import is_device, is_live, redacted, without_user
from genesis_ray.domain.streams.source_policy import SCHEMES, Scheme, SourcePolicy
from genesis_ray.sections.floor import FloorSettings
from genesis_ray.sections.types import Identifier, Section, shown
from genesis_ray.sections.zone_checks import check_places
from genesis_ray.sections.zones import LineSettings, MaskSettings, ZoneSettings


def _playable(source: object) -> object:
    parts = source if isinstance(source, list | tuple) else [source]
    if not parts or not all(isinstance(part, str) and part.strip() for part in parts):
        raise ValueError(
            f"expected a video file, photo:FILE, synthetic:, a list of these, or the address of "
            f"a live stream, got {shown(source)}"
        )
    return source


def _shown(source: str | tuple[str, ...]) -> str | list[str]:
    return redacted(source) if isinstance(source, str) else [redacted(part) for part in source]


Source = Annotated[
    str | tuple[str, ...],
    BeforeValidator(_playable),
    PlainSerializer(_shown, when_used="json"),
]
"""What a camera plays; shown, as in a run's run.json, without passwords."""


class CameraSettings(Section):
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
    faces: bool | None = Field(
        default=None,
        description="Whether faces are looked at here, where `faces.enabled` says that any are; "
        "unset: by all cameras but those whose role is vehicle",
    )
    motion_gate: bool = Field(
        default=False, description="Look once a second where nothing moves in the picture"
    )
    colour: Literal["as-is", "grey-world"] = Field(
        default="as-is",
        description="With which colours people and faces are looked for; grey-world: white balance "
        "that makes the mean of the picture grey, for cameras whose own leaves a cast",
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
        default=None,
        description="When the recording began; else the file says, else 1970; beside live cameras "
        "and in a service it is when it begins to play",
    )
    floor: FloorSettings | None = Field(
        default=None, description="Where on a floor plan the picture is, see docs/zones.md"
    )
    zones: tuple[ZoneSettings, ...] = ()
    lines: tuple[LineSettings, ...] = ()
    masks: tuple[MaskSettings, ...] = Field(
        default=(), description="Where nobody is looked for: screens, mirrors, the street"
    )

    @model_validator(mode="after")
    def _places_can_work(self) -> Self:
        check_places(self.camera_id, self.zones, self.lines, self.masks)
        return self

    @property
    def looks_at_faces(self) -> bool:
        """Whether faces are looked at, where any are."""
        return looks_at_faces(self.role) if self.faces is None else self.faces

    @property
    def is_live(self) -> bool:
        """Whether this is a stream that never ends by itself."""
        return any(map(is_live, self.sources))

    @property
    def is_device(self) -> bool:
        """Whether this is a camera of the machine that watches it."""
        return any(map(is_device, self.sources))

    @property
    def sources(self) -> tuple[str, ...]:
        """What plays, in turn."""
        return (self.source,) if isinstance(self.source, str) else self.source


class SourceSettings(Section):
    """Where live streams may be read from, and what decodes video."""

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
    verify_tls: bool = Field(
        default=True,
        description="Watch a camera over rtsps or https only if its certificate is trusted and of "
        "its host; false: whoever answers is taken for it",
    )
    ca_file: Path | None = Field(
        default=None,
        description="Certificates to trust, PEM, as those that cameras made themselves, on each "
        "node that watches; unset: those of the system",
    )
    decoder: Literal["software", "auto"] = Field(
        default="software",
        description="What decodes video; auto: the decoders of an NVIDIA GPU, to the same pixels, "
        "on nodes that have one and where it can decode the stream, else the processor",
    )

    @property
    def policy(self) -> SourcePolicy:
        """The same as the domain knows it."""
        return SourcePolicy(
            allowed_networks=self.allowed_networks,
            allowed_schemes=self.allowed_schemes,
            follow_links=self.follow_links,
            verify_tls=self.verify_tls,
            ca_file=self.ca_file,
        )


def homographies_of(cameras: Iterable[CameraSettings]) -> dict[str, Matrix]:
    """Return those of the cameras that have a floor."""
    return {camera.camera_id: camera.floor.homography for camera in cameras if camera.floor}


def areas_of(cameras: Iterable[CameraSettings]) -> dict[tuple[str, str], float]:
    """Return the square metres of the zones of which somebody told them, by camera and zone."""
    return {
        (camera.camera_id, zone.zone_id): zone.area_m2
        for camera in cameras
        for zone in camera.zones
        if zone.area_m2 is not None
    }


def camera_id_of(source: str) -> str:
    """Return the name of a camera that nobody named: its file's stem or its address, plain."""
    source = redacted(source)
    scheme, _, rest = source.partition(":")
    if is_live(source):
        address = urlsplit(source)
        name = f"{address.hostname}{address.path}" if address.hostname else source
    elif scheme in ("photo", "synthetic"):
        name = Path(rest.partition("?")[0].rpartition(":")[2]).stem
    else:
        name = Path(without_user(source)).stem
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-._")[:64] or "camera"
