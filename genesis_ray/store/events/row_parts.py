"""A table's rows a part at a time, for who needs something of all of them and the rows of none."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.row_groups import row_groups
from genesis_ray.store.events.selection import Selection


def row_parts(
    events: Path, table: str, tenant_id: str, columns: Sequence[str]
) -> Iterator[pa.Table]:
    """Yield some columns of a tenant's rows, those not committed yet included.

    A part is at most a row group, whatever there is. They come in no order, and while another
    process writes some rows come twice.

    Args:
        events: A folder of events; a missing one has no rows.
        table: A key of EVENT_SCHEMAS.
        tenant_id: No file of another tenant is opened.
        columns: Of the table.

    Raises:
        StoreError: The folder has another schema version, or a file is damaged.
    """
    selection = Selection(folder=EventFolder(events), table=table, tenant_id=tenant_id)
    selection.folder.check_version()
    wanted = [*columns]
    read = pa.schema(
        [selection.schema.field(name) for name in dict.fromkeys([*wanted, "tenant_id"])]
    )
    yield selection.waiting().select(wanted)
    while True:
        try:
            for path in selection.files():
                with row_groups(path) as groups:
                    for group in groups.all():
                        yield selection.of(groups.read(group, read)).select(wanted)
        except FileNotFoundError:  # compacted meanwhile
            continue
        return
