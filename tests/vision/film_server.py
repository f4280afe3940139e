"""Films over HTTP, as a camera that is watched as a stream sends them."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

import av
import cv2
import numpy as np

from genesis_ray.vision.synthetic import SyntheticFilm

Server = TypeVar("Server", bound=ThreadingHTTPServer)


def film(
    path: Path, *, width: int = 320, height: int = 240, seconds: int = 2, codec: str = "libx264"
) -> bytes:
    """Write a film that can be cut and joined anywhere, and return its bytes."""
    noise = np.random.default_rng(0)
    with av.open(path, "w", format="mpegts") as video:
        stream = video.add_stream(codec, rate=10, options={"g": "5"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for _ in range(seconds * 10):
            image = noise.integers(0, 255, (height, width, 3), np.uint8)
            video.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        video.mux(stream.encode())
    return path.read_bytes()


def timed_film(path: Path, times_s: Sequence[float]) -> list[bytes]:
    """Write a film of one frame at each of the stream's `times_s`; return its bytes by frame."""
    noise = np.random.default_rng(0)
    parts, size = [], 0
    options = {"flush_packets": "1"}
    with path.open("wb") as file, av.open(file, "w", format="mpegts", options=options) as video:
        stream = video.add_stream("libx264", rate=25, options={"g": "5", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for at in times_s:
            image = noise.integers(0, 255, (96, 128, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = round(at * 1000), Fraction(1, 1000)
            video.mux(stream.encode(frame))
            parts.append(path.read_bytes()[size:])
            size += len(parts[-1])
    return parts


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Let a server serve, in a thread of its own."""
    with server:
        threading.Thread(target=server.serve_forever).start()
        yield server
        server.shutdown()


class FilmServer(ThreadingHTTPServer):
    """A folder over HTTP; /to?URL redirects to URL, /answers?CODE answers that.

    Attributes:
        asked: The host and the path of each request.
    """

    def __init__(self, folder: Path) -> None:
        self.asked: list[tuple[str | None, str]] = []
        super().__init__(("127.0.0.1", 0), partial(_FilmHandler, directory=folder))
        self.url = f"http://127.0.0.1:{self.server_port}"


class _FilmHandler(SimpleHTTPRequestHandler):
    server: FilmServer

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked.append((self.headers["Host"], self.path))
        kind, _, argument = self.path.partition("?")
        if kind == "/answers":
            self.send_error(int(argument))
        elif kind == "/to":
            self.send_response(302)
            self.send_header("Location", argument)
            self.end_headers()
        else:
            super().do_GET()


class PacedCamera(ThreadingHTTPServer):
    """Sends each viewer the parts of a film, each but the first after its own wait in seconds.

    Attributes:
        goes_on: Set it to have more than the first part sent.
    """

    def __init__(self, first: bytes, parts: Sequence[tuple[float, bytes]]) -> None:
        self.first, self.parts = first, parts
        self.goes_on = threading.Event()
        super().__init__(("127.0.0.1", 0), _PacedHandler)
        self.url = f"http://127.0.0.1:{self.server_port}/live.ts"


class _PacedHandler(BaseHTTPRequestHandler):
    server: PacedCamera

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        size = len(self.server.first) + sum(len(part) for _, part in self.server.parts)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(self.server.first)
            self.server.goes_on.wait(30)
            for wait_s, part in self.server.parts:
                time.sleep(wait_s)
                self.wfile.write(part)


class PlayingCamera(ThreadingHTTPServer):
    """Shows ten pictures a second of people who walk by slowly, whoever looks or none."""

    def __init__(self, *, people: int = 1, pace: float = 20) -> None:
        """Show pictures of a film of a hundred a second, `pace` of them a second."""
        self.film = SyntheticFilm(people=people, fps=100, width=320, height=240)
        self.pace = pace
        self.began = time.monotonic()
        super().__init__(("127.0.0.1", 0), _PlayingHandler)
        self.url = f"http://127.0.0.1:{self.server_port}/video"

    def picture(self) -> bytes:
        """Return what is to be seen now, as a JPEG."""
        # From a little off the border, six seconds to the other at a pace of twenty.
        number = 30 + round(self.pace * (time.monotonic() - self.began))
        return cv2.imencode(".jpg", self.film.image_at(number))[1].tobytes()


class _PlayingHandler(BaseHTTPRequestHandler):
    server: PlayingCamera

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=part")
        self.end_headers()
        with suppress(OSError):
            while True:
                picture = self.server.picture()
                head = (
                    f"--part\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                )
                self.wfile.write(head.encode() + picture + b"\r\n")
                time.sleep(0.1)
