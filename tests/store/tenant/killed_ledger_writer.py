"""Makes entry after entry until it is killed; says on stdout which it is about to make, and made.

Run as `killed_ledger_writer.py FOLDER`. It is the writer that is killed, of many that this forks
one after the other, as stdin asks for with a number of seconds: loading LanceDB takes longer.
"""

import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from genesis_ray.domain.recognition.ledger import Confirm, Merge, Reject, Rename, Split, Undo
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.store.lance import cleanup_schedule
from genesis_ray.store.lance.quick_lancedb import lancedb  # noqa: F401  loaded once, not in each fork
from genesis_ray.store.tenant.ledger import Ledger

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def entry(number: int):
    """Return the entry of a number: of each kind in turn."""
    envelope = {"entry_id": str(number), "at": NOON, "by": "eve", "why": f"{number} times"}
    track = TrackSight(
        identity_id="a",
        camera_id="door",
        track_id=number,
        since=NOON,
        until=NOON,
        recording="monday" if number % 4 else "",
    )
    match number % 6:
        case 0:
            return Merge(**envelope, identity_id="a", other_id=f"b{number}")
        case 1:
            return Split(
                **envelope,
                identity_id="a",
                new_id=f"n{number}",
                tracks=(track,),
                face_ids=("f",),
                owner_ids=("b",),
            )
        case 2:
            return Rename(**envelope, identity_id="a", name=f"Ada {number}")
        case 3:
            return Reject(**envelope, track=track)
        case 4:
            return Confirm(**envelope, track=track)
    return Undo(**envelope, undone_id=str(number - 1))


def write(folder: Path) -> None:
    cleanup_schedule._COMMITS_A_CLEANUP = 3
    with Ledger(folder, writer=True) as ledger:
        while True:
            number = len(ledger.entries())
            os.write(1, f"making {number}\n".encode())
            ledger.append(entry(number))
            os.write(1, f"made {number}\n".encode())


def main(folder: Path) -> None:
    for line in sys.stdin:
        writer = os.fork()
        if not writer:
            write(folder)
        time.sleep(float(line))
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        os.write(1, b"killed\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
