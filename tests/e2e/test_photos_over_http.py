"""People of real photos made known, searched for and taken out again over HTTP."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
import yaml

from genesis_ray.vision import models

pytestmark = [
    pytest.mark.e2e, pytest.mark.ray, pytest.mark.models, pytest.mark.data,
    pytest.mark.timeout(600),
]  # fmt: skip

BIDEN = "knn_train_biden_biden.jpg"

FILM = "synthetic:?people=2&seconds=3600&fps=2&width=320&height=240"
"""What the camera shows, so that the system is shown something: figures without faces."""


@pytest.fixture
def faces(shared_data: Path, monkeypatch, tmp_path) -> Path:
    """Photos of two presidents; models are found wherever the home folder is."""
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(models.models_dir()))
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    return shared_data / "faces" / "face_recognition"


@pytest.fixture
def api(genesis, faces, tmp_path, ray_folder) -> Iterator[httpx.Client]:
    """A system that watches a camera, by its HTTP API."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "cameras.yaml"
    cameras = [{"camera_id": "door", "source": FILM}]
    detector = {"model": "synthetic"}
    config.write_text(
        yaml.safe_dump(
            {"data_dir": str(tmp_path / "data"), "detector": detector, "cameras": cameras}
        )
    )
    genesis("up", config, "--port", port)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
        yield client


def test_somebody_is_known_by_photos_that_are_sent_and_no_more_once_these_are_removed(
    genesis, api, faces, tmp_path
):
    def send(path: str, *names: str, status: int = 200, name: str = "", **query: object) -> dict:
        files = [("photo", (each, (faces / each).read_bytes())) for each in names]
        form = {"name": name} if name else {}
        answer = api.post(path, files=files, data=form, params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    def enroll(name: str, *names: str) -> str:
        """Send photos, and where the system has much to do again, until it has taken them in."""
        files = [("photo", (each, (faces / each).read_bytes())) for each in names]
        until = time.monotonic() + 120
        while (answer := api.post("/v1/people", files=files, data={"name": name})).is_success:
            if answer.json()["is_taken_in"]:
                return answer.json()["identity_id"]
            assert answer.status_code == 202
            assert time.monotonic() < until
            time.sleep(0.5)
        pytest.fail(answer.text)

    search = "/v1/identities/search"
    obama, biden = enroll("Obama", "obama.jpg", "obama2.jpg"), enroll("Biden", BIDEN)
    again = send("/v1/people", "obama.jpg", name="Obama")
    assert (again["added"], again["known"]) == (0, 1)
    refused = send("/v1/people", "knn_test_obama_and_biden.jpg", name="Both", status=422)
    assert "knn_test_obama_and_biden.jpg: 3 faces found" in refused["detail"]  # one behind them
    refused = send("/v1/people", "obama3.jpg", name="Somebody else", status=422)
    assert "the face is that of Obama" in refused["detail"]

    def matches() -> list[dict]:
        found = send(search, "knn_test_obama_and_biden.jpg", k=1)["faces"]
        return [face for face in found if face["says"] == "match"]

    both = matches()
    assert sorted(face["people"][0]["name"] for face in both) == ["Biden", "Obama"]
    for face in both:
        (left_eye, right_eye, _nose, left_corner, right_corner) = face["landmarks"]
        assert left_eye[0] < right_eye[0]
        assert left_corner[0] < right_corner[0]
        assert left_eye[1] < left_corner[1]
    asked = {"identity_id": obama}
    assert send(search, "knn_test_obama1.jpg", **asked)["recognised"]
    assert not send(search, BIDEN, **asked)["recognised"]

    own = f"/v1/people/{biden}/faces"
    (face,) = api.get(own).json()["faces"]
    removed = api.delete(f"{own}/{face['face_id']}")
    assert removed.status_code in (200, 202), removed.text
    until = time.monotonic() + 120
    while api.get(own).json()["faces"]:
        assert time.monotonic() < until
        time.sleep(0.5)
    assert [face["people"][0]["name"] for face in matches()] == ["Obama"]

    form = {"files": [("photo", ("a.jpg", (faces / "obama.jpg").read_bytes()))]}
    page = api.post(search, **form, headers={"origin": "https://shop.example"})
    assert page.status_code == 403
    large = [("photo", ("a.jpg", bytes(66 * 2**20)))]
    assert api.post(search, files=large).status_code == 413
    genesis("down")
    pictures = [
        path for path in (tmp_path / "data").rglob("*") if path.suffix in (".jpg", ".png", ".photo")
    ]
    assert pictures == []
