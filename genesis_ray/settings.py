"""Everything an operator can set: one YAML file, overridden by GENESIS_* variables.

Read once by an entry point (`settings_file.load`) and handed down in plain values:
`serving` and `live` take their sections, everything below takes numbers and domain
objects.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from genesis_ray.domain.load.capacity import CAMERAS_A_GROUP
from genesis_ray.domain.load.retry import DELAYS_S
from genesis_ray.domain.load.roles import AGGRESSIVE_FPS, drop_class_of
from genesis_ray.sections.alerts import AlertRuleSettings, FalseMergeRule
from genesis_ray.sections.analytics import AnalyticsSettings
from genesis_ray.sections.appearance import AppearanceSettings
from genesis_ray.sections.cameras import CameraSettings, SourceSettings
from genesis_ray.sections.delivery import DeliverySettings
from genesis_ray.sections.identity import DriftSettings, IdentitySettings
from genesis_ray.sections.mistakes import Parts, repeats
from genesis_ray.sections.models import DetectorSettings, FaceSettings
from genesis_ray.sections.narrative import NarrativeSettings
from genesis_ray.sections.retention import RetentionSettings, SnapshotSettings
from genesis_ray.sections.topology import TopologySettings
from genesis_ray.sections.types import (
    Identifier,
    Seconds,
    Section,
    TenantId,
    TimeZone,
)
from genesis_ray.sections.zone_checks import PlacesError, Problem


class GroupSettings(Section):
    """The processes that watch the cameras, each several of them."""

    cameras: int = Field(default=CAMERAS_A_GROUP, ge=1, description="Most cameras in a process")
    num_cpus: float = Field(
        default=0.1,
        ge=0,
        description="Reserved per process, for placing it: what its cameras take, as `genesis "
        "plan` tells, where Ray is to add nodes for more than fit on those there are",
    )


class BackPressureSettings(Section):
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


class QuerySettings(Section):
    """What a question to the event tables may take of the machine, see docs/query.md."""

    memory_mb: int = Field(
        default=2048,
        ge=64,
        description="Most memory of one query, MB, its answer apart; one that needs more fails: "
        "nothing is put on the disk meanwhile",
    )
    timeout_s: Seconds = Field(
        default=600.0,
        ge=1,
        le=86_400,
        description="Longest that one query may take until it is stopped; of one whose rows are "
        "handed out meanwhile, until the first",
    )
    threads: int | None = Field(
        default=None, ge=1, description="Of one query; unset: as many as there are cores"
    )


class TemplateSettings(Section):
    """How faces are protected, see docs/templates.md."""

    key_store: str = Field(
        default="auto",
        description="Where tenants' keys are: auto (the environment, else a file of the user's), "
        "environment, file, file:DIR, or MODULE:FUNCTION, which returns another KeyStore",
    )


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
    time_zone: TimeZone = Field(
        default="UTC", description="Of the site, as Europe/Berlin: hours and days are counted in it"
    )
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
    delivery: DeliverySettings = Field(
        default=DeliverySettings(),
        exclude=True,  # from run.json: it has secrets, and a run that is read again tells nobody
    )
    identity: IdentitySettings = IdentitySettings()
    drift: DriftSettings = DriftSettings()
    appearance: AppearanceSettings = AppearanceSettings()
    templates: TemplateSettings = TemplateSettings()
    queries: QuerySettings = QuerySettings()
    sources: SourceSettings = SourceSettings()
    topology: TopologySettings = TopologySettings()
    retention: RetentionSettings = RetentionSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    analytics: AnalyticsSettings = AnalyticsSettings()
    narrative: NarrativeSettings = NarrativeSettings()
    alerts: tuple[AlertRuleSettings, ...] = Field(
        default=(), description="Rules of what people are told of, see docs/alerts.md"
    )
    cameras: tuple[CameraSettings, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if found := self._contradictions():
            raise PlacesError(found)
        return self

    def contradictions(self) -> list[str]:
        """Return what does not fit together, in words; a copy with an update may have some."""
        return [*dict.fromkeys(problem.message for problem in self._contradictions())]

    def _contradictions(self) -> list[Problem]:
        parts = Parts.of(self.cameras, self.alerts, self.topology)
        return [*repeats(parts), *(Problem((), said) for said in self._without_use())]

    def _without_use(self) -> Iterator[str]:
        """Yield what asks for something that is not set."""
        bounded = any(way.max_s is not None for way in self.topology.passages)
        if self.appearance.carry and not bounded:
            yield (
                "appearance.carry carries names over the ways in topology.passages that have a "
                "max_s, and there is none"
            )
        known = {rule.rule_id for rule in self.alert_rules}
        for name, channel in self.delivery.channels.items():
            if self.alerts and (missing := sorted(set(channel.rules) - known)):
                yield (
                    f"channel {name} of delivery is told of the rules {', '.join(missing)}, which "
                    f"alerts has not; there are {', '.join(sorted(known))}"
                )

    @property
    def alert_rules(self) -> tuple[AlertRuleSettings, ...]:
        """The rules of alerts, with that of false merges where faces are recognised."""
        default = FalseMergeRule(rule="false-merge")
        is_wanted = self.topology.alert and self.faces.enabled
        has_one = any(
            isinstance(rule, FalseMergeRule) or rule.rule_id == default.rule_id
            for rule in self.alerts
        )
        return self.alerts if has_one or not is_wanted else (*self.alerts, default)

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
