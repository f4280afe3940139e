"""How long after its return an RTSP camera is seen again: `bench_reconnect.py`.

A real RTSP server (GStreamer's, see CONTRIBUTING) is killed, away for a while, and started again,
several times for each length; a result is the time from its being ready to the first frame. The
longer a camera was away, the longer are the waits between two attempts, up to their cap.
"""

import argparse
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import note, report_latency

from genesis_ray.vision.stream import LiveStream
from genesis_ray.vision.stream_address import StreamAddress

SERVER = Path(__file__).parent.parent / "tests" / "rtsp_server.py"
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, whose packages bring GStreamer's bindings
PIPELINE = (
    "( videotestsrc is-live=true pattern=ball"
    " ! video/x-raw,format=I420,width=640,height=480,framerate=10/1"
    " ! jpegenc ! rtpjpegpay name=pay0 pt=26 )"
)
LONGEST_S = 120.0
"""After which a camera that is back and not seen is an error."""


class Seen:
    """When a stream gave frames, as a thread of its own takes them."""

    def __init__(self, stream: LiveStream) -> None:
        self._at: list[float] = []
        threading.Thread(target=self._take, args=(stream,), daemon=True).start()

    def wait_for_one(self) -> float:
        """Wait for the next frame, and return when it came, in time.monotonic's seconds."""
        before, deadline = len(self._at), time.monotonic() + LONGEST_S
        while len(self._at) == before:
            if time.monotonic() > deadline:
                raise SystemExit(f"the camera is back, and no frame came within {LONGEST_S:.0f} s")
            time.sleep(0.01)
        return self._at[before]

    def _take(self, stream: LiveStream) -> None:
        for _ in stream:
            self._at.append(time.monotonic())


@contextmanager
def serving(port: int) -> Iterator[None]:
    """Be a camera meanwhile, from the moment it can be connected to."""
    command = [SYSTEM_PYTHON, str(SERVER), str(port), PIPELINE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None or server.stdout.readline() != "ready\n":
            raise SystemExit(f"no RTSP server could be started: {' '.join(command[:2])}")
        try:
            yield
        finally:
            server.kill()


def main() -> None:
    """Take a camera away and bring it back, and print how long it took to see it again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--away", type=float, nargs="+", default=[2.0, 10.0, 60.0], help="seconds")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = StreamAddress(f"rtsp://127.0.0.1:{port}/live")
    stream = LiveStream(address, camera_id="door", process_fps=None)
    seen = Seen(stream)
    with serving(port):
        seen.wait_for_one()
    for away_s in given.away:
        took = []
        for _ in range(given.repeats):
            time.sleep(away_s)
            with serving(port):
                back_at = time.monotonic()
                took.append(seen.wait_for_one() - back_at)
                time.sleep(2)  # it is well again: the next waits begin short
            note(f"away for {away_s:.0f} s: seen again after {took[-1]:.1f} s")
        report_latency("reconnecting", took, parameters={"away_s": away_s})
    stream.close()


if __name__ == "__main__":
    main()
