"""What an operator can set of how long things are kept, see docs/upkeep.md."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from genesis_ray.domain.retention import ROLLUPS, RetentionPolicy
from genesis_ray.sections.types import Section, TenantId

Days = Annotated[float, Field(ge=3, le=36_600)]
"""Figures of a day wait for what comes late, and for who stays over midnight: so 3 at least."""

_FOR_EVER = "null: for ever"


class KeptSettings(Section):
    """For how many days things are kept, by the time at which they were captured."""

    raw_days: Days | None = Field(
        default=30.0,
        description=f"Observations, crossings, scores of faces, ...; {_FOR_EVER}",
    )
    journey_days: Days | None = Field(
        default=90.0,
        description=f"Visits, what was decided about faces, alerts, what was imported; {_FOR_EVER}",
    )
    system_days: Days | None = Field(
        default=None,
        description=f"States of cameras and of the system, dead letters, which tell of nobody: a "
        f"state holds until the next, and uptime cannot be told without it; {_FOR_EVER}",
    )
    rollup_days: Days | None = Field(
        default=90.0, description=f"Figures by quarter of an hour, hour and day; {_FOR_EVER}"
    )
    photo_days: Days | None = Field(
        default=None,
        description="Photos of faces that were kept (faces.keep_photos), since their enrolment; "
        f"people stay known without; {_FOR_EVER}",
    )
    tables: dict[str, Days | None] = Field(
        default={}, description=f"Other limits than those, by table; {_FOR_EVER}"
    )

    @model_validator(mode="after")
    def _tables_exist(self) -> Self:
        if self.tables:
            from genesis_ray.store.schemas import EVENT_SCHEMAS

            known = [*EVENT_SCHEMAS, ROLLUPS]
            unknown = sorted(set(self.tables) - set(known))
            if unknown:
                raise ValueError(f"no table {', '.join(unknown)}; there are {', '.join(known)}")
        return self

    @property
    def policy(self) -> RetentionPolicy:
        """The same as the domain knows it."""
        return RetentionPolicy(
            raw_days=self.raw_days,
            journey_days=self.journey_days,
            system_days=self.system_days,
            rollup_days=self.rollup_days,
            table_days=self.tables,
        )


class SnapshotSettings(Section):
    """Backups of people and faces that a service makes by itself, see docs/upkeep.md."""

    folder: Path | None = Field(
        default=None,
        description="There is one a day in it, on another disk than data_dir; unset: none is made",
    )
    keep: int = Field(default=7, ge=1, le=10_000, description="Newest that stay there")


class RetentionSettings(KeptSettings):
    """How long things are kept, and where they go then."""

    tenants: dict[TenantId, KeptSettings] = Field(
        default={}, description="Other limits than those, by tenant; what is unset is the default"
    )
    cold_folder: Path | None = Field(
        default=None, description="Things are moved there instead of being deleted"
    )

    def policy_of(self, tenant_id: str) -> RetentionPolicy:
        """Return how long a tenant's things are kept."""
        return self.tenants[tenant_id].policy if tenant_id in self.tenants else self.policy

    def photo_days_of(self, tenant_id: str) -> float | None:
        """Return for how many days photos of a tenant's people are kept; None: for ever."""
        return self.tenants.get(tenant_id, self).photo_days
