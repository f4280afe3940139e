"""Watches many cameras and turns video into answers: who was where, for how long, in which order.

`open_run` is the way from Python to what a run found.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from genesis_ray.notebook.run import Run


def open_run(
    path: "str | PathLike[str] | None" = None,
    *,
    data: "str | PathLike[str] | None" = None,
    tenant: str | None = None,
) -> "Run":
    """Open a run: its tables, questions to them, and charts of the answers; see docs/notebooks.md.

    Args:
        path: The run's folder; None: the newest in runs/.
        data: The folder of what lasts (people, galleries); None: the one the run was made with.
        tenant: Whose rows; None: those of the run's own tenant.

    Raises:
        StoreError: There is no run.
    """
    from genesis_ray.notebook.run import open_run as opened

    return opened(path, data=data, tenant=tenant)
