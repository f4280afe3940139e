import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from genesis_ray import settings_file
from genesis_ray.api.zone_editor.editing import Editing
from genesis_ray.api.zone_editor.server import TOKEN_HEADER, EditorServer
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.zones.places_file import Drawn, draw, drawn_of

CONFIG = """\
cameras:
  - camera_id: hall   # downstairs
    source: door.mp4
    zones:
      - zone_id: sofa
        outline: [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]
        loiter_s: 60   # a minute
"""
SOFA = {"kind": "zone", "name": "sofa", "corners": [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]}
DOOR = {"kind": "line", "name": "door", "corners": [[0.1, 0.8], [0.9, 0.8]]}
PICTURE = b"a picture"


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "cameras.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def server(config) -> Iterator[EditorServer]:
    with EditorServer(Editing(config, "hall", PICTURE)) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


Answer = tuple[int, Any]


@pytest.fixture
def ask(server) -> Callable[..., Answer]:
    """Asks as the page does, unless told otherwise."""

    def asking(method: str, path: str, content: object = None, **headers: str) -> Answer:
        sent = {TOKEN_HEADER: server.token, **{k.replace("_", "-"): v for k, v in headers.items()}}
        body = content if isinstance(content, str) else json.dumps(content)
        answer = answered(server, method, path, body, sent)
        return answer.status, json.loads(answer.content)

    return asking


class Answered(NamedTuple):
    status: int
    headers: Message
    content: bytes


def answered(
    server: EditorServer, method: str, path: str, body: str | None, headers: dict[str, str]
) -> Answered:
    with closing(HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)) as connection:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return Answered(answer.status, answer.headers, answer.read())


def places(config: Path) -> dict[str, int]:
    (camera,) = settings_file.load(config).cameras
    return {each.place_id: len(each.corners) for each in drawn_of(camera)}


def test_the_address_it_gives_is_the_page_and_all_that_it_loads_is_there(server):
    path = server.address.removeprefix(f"http://127.0.0.1:{server.server_address[1]}")
    page = answered(server, "GET", path, None, {})
    content = page.content.decode()
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "://" not in content  # nothing of the internet
    for name in ("drawing.css", "page.css", "page.js"):
        assert f'"{name}"' in content
    for name in ("drawing.css", "page.css", "page.js", "drawing.js"):
        assert answered(server, "GET", f"/{name}", None, {}).status == 200


def test_what_is_there_is_shown_on_the_picture(ask):
    status, state = ask("GET", "/state")
    assert status == 200
    assert state["camera_id"] == "hall"
    assert state["file"] == "cameras.yaml"
    assert state["picture"] == "data:image/png;base64,YSBwaWN0dXJl"
    assert state["places"] == state["saved"] == [{**SOFA, "is_new": False}]
    assert state["doubts"] == []


def test_what_is_drawn_is_written_and_the_rest_stays(ask, config, server):
    status, answer = ask("POST", "/save", {"places": [SOFA, DOOR], "saved": [SOFA]})
    assert status == 200
    assert answer["status"] == {"text": f"Saved in {config}.", "failed": False}
    assert [each["name"] for each in answer["saved"]] == ["sofa", "door"]
    assert config.read_text().startswith(CONFIG)
    assert places(config) == {"sofa": 3, "door": 2}
    assert server.editing.end() == ["line door was added"]


def test_what_is_rarely_meant_so_is_written_and_told(ask):
    strip = {"kind": "zone", "name": "till", "corners": [[0.1, 0], [0.9, 0], [0.9, 0.02]]}
    status, answer = ask("POST", "/save", {"places": [SOFA, strip], "saved": [SOFA]})
    assert status == 200
    (doubt,) = answer["doubts"]
    assert "zone till lies at the picture's upper edge" in doubt


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"places": [{**DOOR, "corners": [[0.1, 0], [0.9, 0]]}], "saved": []}, "line door"),
        ({"places": [DOOR, DOOR], "saved": []}, "2 lines are called door"),
        ({"places": [{**DOOR, "name": ""}], "saved": []}, "a line has no name"),
        ({"places": [{**DOOR, "kind": "wall"}], "saved": []}, "places.0.kind"),
        ({"places": [{**DOOR, "corners": [[0.1], [0.9, 0]]}], "saved": []}, "places.0.corners.0"),
        ('{"places": [', "no drawing"),
        ("", "bytes, got 0"),
    ],
)
def test_what_cannot_be_written_is_told_and_the_file_stays(ask, config, content, reason):
    status, answer = ask("POST", "/save", content)
    assert status == 422
    assert reason in answer["detail"]
    assert config.read_text() == CONFIG


def test_more_than_any_drawing_has_is_refused_unread(ask):
    status, answer = ask("POST", "/save", "{}", Content_Length="1048577")
    assert status == 422
    assert "bytes, got 1048577" in answer["detail"]


def test_what_somebody_else_changed_meanwhile_is_not_written_over(ask, config, server):
    draw(config, "hall", [Drawn("zone", "sofa", ((0.5, 0.5), (0.9, 0.5), (0.9, 0.9)))])
    theirs = config.read_text()
    moved = {**SOFA, "corners": [[0.2, 0.2], [0.4, 0.1], [0.4, 0.4]]}
    status, answer = ask("POST", "/save", {"places": [moved], "saved": [SOFA]})
    assert status == 422
    assert "zone sofa of camera hall was changed there, too, meanwhile" in answer["detail"]
    assert config.read_text() == theirs
    assert server.editing.end() == []


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [("cameras: [", "cameras.yaml"), (CONFIG.replace("hall", "door"), "no camera is called hall")],
)
def test_a_file_that_has_the_camera_no_longer_is_told_about(ask, config, meanwhile, reason):
    config.write_text(meanwhile)
    status, answer = ask("GET", "/state")
    assert status == 422
    assert reason in answer["detail"]


@pytest.mark.parametrize("token", ["", "wrong", "wröng"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/state"), ("POST", "/save")])
def test_nobody_without_the_token_sees_or_writes_anything(ask, config, method, path, token):
    content = {"places": [DOOR], "saved": [SOFA]}
    status, answer = ask(method, path, content, **{TOKEN_HEADER: token})
    assert status == 403
    assert [*answer] == ["detail"]
    assert config.read_text() == CONFIG


def test_the_token_in_the_address_alone_writes_nothing(ask, server, config):
    content = {"places": [DOOR], "saved": [SOFA]}
    status, _ = ask("POST", f"/save?token={server.token}", content, **{TOKEN_HEADER: ""})
    assert status == 403
    assert config.read_text() == CONFIG


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=wrong"])
def test_the_page_wants_the_whole_address(ask, path):
    status, answer = ask("GET", path)
    assert status == 403
    assert "the whole address" in answer["detail"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/state"), ("GET", "/drawing.js"), ("POST", "/save")]
)
def test_a_name_that_somebody_points_at_this_machine_is_refused(ask, config, method, path):
    content = {"places": [DOOR], "saved": [SOFA]}
    status, answer = ask(method, path, content, Host="shop.example")
    assert status == 403
    assert "only for the machine it runs on" in answer["detail"]
    assert config.read_text() == CONFIG


@pytest.mark.parametrize(("method", "path"), [("GET", "/../server.py"), ("POST", "/")])
def test_there_is_nothing_else(ask, method, path):
    assert ask(method, path)[0] == 404


def test_its_button_ends_it_and_nothing_is_written_after(config):
    with EditorServer(Editing(config, "hall", PICTURE)) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        token = {TOKEN_HEADER: server.token}
        saving = json.dumps({"places": [], "saved": [SOFA]})
        assert answered(server, "POST", "/save", saving, token).status == 200
        answer = answered(server, "POST", "/done", None, token)
        assert json.loads(answer.content) == {"written": ["zone sofa was removed"]}
        thread.join(10)
        assert not thread.is_alive()
        with pytest.raises(ConfigurationError, match="the editor has ended"):
            server.editing.save([], shown=[])


def test_a_port_that_is_taken_is_refused_with_what_to_do(config):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"port {port} .* leave --port out"):
            EditorServer(Editing(config, "hall", PICTURE), port=port)
