"""A server of S3's protocol on this machine, with what lets one in."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import pytest


@contextmanager
def s3_server(monkeypatch: pytest.MonkeyPatch, bucket: str) -> Iterator[None]:
    """Have one, empty but for a bucket, which the environment names."""
    pytest.importorskip("s3fs", reason="no s3fs: make setup")
    server = pytest.importorskip("moto.server", reason="no moto: make setup")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    address = f"http://{host}:{port}"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-key")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()  # which go by the environment of their time
    try:
        urlopen(Request(f"{address}/moto-api/reset", method="POST")).close()
        urlopen(Request(f"{address}/{bucket}", method="PUT")).close()
        yield
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
        running.stop()
