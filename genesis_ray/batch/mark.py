"""How a worker learns that the one before it died of the same segment."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SUFFIX = ".begun"


class DiedOfItError(Exception):
    """A process died while it watched this segment; this was told once, so it may be tried again.

    Ray starts a worker that died anew and hands it the same segment, again and again.
    """


@contextmanager
def marked(work: Path, segment_id: str) -> Iterator[None]:
    """Leave a file in `work` while a segment is watched, which a process that dies cannot remove.

    Raises:
        DiedOfItError: The file was there; it is gone now.
    """
    mark = work / f"{segment_id}{_SUFFIX}"
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        mark.unlink()
        raise DiedOfItError("its process dies again and again") from None
    try:
        yield
    finally:
        mark.unlink()


def remove_marks(work: Path) -> None:
    """Forget who died: of a run that was killed as a whole no segment was the cause."""
    for mark in work.glob(f"*{_SUFFIX}"):
        mark.unlink()
