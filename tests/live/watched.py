"""A live run that is watched from outside, and disturbed."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil


@dataclass
class Watched:
    """A live run in a process of its own, whose actors can be killed.

    Attributes:
        titled: Finds the cluster's processes that have something in their titles.
        frames: Looked at, by camera.
        done: What it said at its end.
        is_held: Whether its cameras stand still.
    """

    process: subprocess.Popen[str]
    titled: Callable[[str], list[psutil.Process]]
    frames: dict[str, int] = field(default_factory=dict)
    done: list[str] | None = None
    is_held: bool = False

    def read(self) -> None:
        """Take in what it says next."""
        line = self.process.stdout.readline()
        assert line, f"ended with {self.process.wait()} before its time"
        match line.split():
            case ["done", *figures]:
                self.done = figures
            case ["frames", camera_id, count]:
                self.frames[camera_id] = int(count)

    def wait_for_frames(self, count: int) -> None:
        """Wait until so many more frames have been looked at."""
        before = sum(self.frames.values())
        while sum(self.frames.values()) < before + count:
            self.read()

    def wait_until_done(self) -> None:
        while self.done is None:
            self.read()

    def find(self, title: str) -> psutil.Process:
        (process,) = self.titled(title)
        return process

    def kill(self, title: str) -> None:
        """Kill the process of an actor or a replica, and wait until there is another."""
        victim = self.find(title)
        victim.kill()
        while not any(process.pid != victim.pid for process in self.titled(title)):
            if self.is_held:  # nothing is said then
                time.sleep(0.05)
            else:
                self.read()

    @contextmanager
    def held(self, title: str) -> Iterator[None]:
        """Have the process of an actor stand still meanwhile, however long that takes."""
        process = self.find(title)
        process.suspend()
        self.is_held = True
        try:
            yield
        finally:
            process.resume()
            self.is_held = False
