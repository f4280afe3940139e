"""The processes of a cluster, to be killed."""

import psutil


def titled(parent: int, title: str) -> list[psutil.Process]:
    """Return the descendants of a process that have `title` in theirs, which Ray sets."""
    found = []
    for process in psutil.Process(parent).children(recursive=True):
        try:
            if title in " ".join(process.cmdline()[:1]):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found
