"""What a question may take of the machine."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from genesis_ray.processors import usable_cores


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much memory, time and how many threads one query may use.

    Nothing is spilled to the disk: what a query holds says who was where, the files that DuckDB
    would write are not encrypted, and a killed process would leave them behind. A query that
    needs more memory fails and says so.

    Attributes:
        memory_mb: Megabytes of DuckDB's. The rows of the answer come on top, and count as well
            where the question has parameters.
        timeout_s: Seconds until it is stopped; of one that is streamed, until its first rows.
        threads: None: as many as there are cores for this process.
    """

    memory_mb: int = 2048
    timeout_s: float = 600.0
    threads: int | None = None

    @property
    def workers(self) -> int:
        """How many threads there are to be."""
        return self.threads or usable_cores()


@runtime_checkable
class Limited(Protocol):
    """Tables that know within which limits they are to be asked."""

    @property
    def limits(self) -> Limits:
        """The limits of each query over these tables."""


def limits_of(tables: object) -> Limits:
    """Return the limits that tables bring along, else the usual ones."""
    return tables.limits if isinstance(tables, Limited) else Limits()
