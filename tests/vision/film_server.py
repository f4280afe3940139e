"""Films over HTTP, as a camera that is watched as a stream sends them."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np


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
