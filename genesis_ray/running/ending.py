"""Ending a run before its end, in order: what is under way is finished and recorded."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""The first of them ends the sources; the second has its usual effect."""


@contextmanager
def ended_by_signals() -> Iterator[threading.Event]:
    """Set the event at the first of `SIGNALS`, if this is the thread that is told of signals."""
    ending = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield ending
        return
    usual = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in usual.items():
            signal.signal(number, handler)

    def end(_number: int, _frame: Any) -> None:
        restore()
        ending.set()

    for number in SIGNALS:
        signal.signal(number, end)
    try:
        yield ending
    finally:
        restore()
