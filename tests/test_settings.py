import json
import os
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import get_args

import pytest
from pydantic import ValidationError

from genesis_ray.domain.streams.source_policy import SourcePolicy
from genesis_ray.errors import ConfigurationError
from genesis_ray.sections.cameras import CameraSettings, camera_id_of
from genesis_ray.sections.identity import IdentitySettings
from genesis_ray.sections.models import DetectorSettings, Mode
from genesis_ray.settings import Settings
from genesis_ray.settings_file import load

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
TEN = datetime(2026, 1, 5, 10, tzinfo=UTC)
SQUARE = [(0, 0), (1, 0), (1, 1), (0, 1)]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("GENESIS_")]:
        monkeypatch.delenv(name)


def camera(camera_id="door", source="door.mp4", **more) -> CameraSettings:
    return CameraSettings(camera_id=camera_id, source=source, **more)


def problem(make) -> str:
    with pytest.raises(ValidationError) as error:
        make()
    return str(error.value)


def test_pictures_and_pseudonyms_are_kept_only_where_asked_for():
    settings = Settings()
    assert settings.annotate is False
    assert settings.identity.visitors is False


def test_settings_cannot_be_changed():
    settings = Settings()
    assert "frozen" in problem(lambda: setattr(settings, "annotate", True))
    assert "frozen" in problem(lambda: setattr(settings.detector, "iou", 0.1))


def test_the_environment_wins(monkeypatch):
    monkeypatch.setenv("GENESIS_PROCESS_FPS", "5")
    monkeypatch.setenv("GENESIS_DETECTOR__IOU", "0.3")
    settings = Settings(process_fps=20, detector={"iou": 0.6, "confidence": 0.7})
    assert settings.process_fps == 5
    assert (settings.detector.iou, settings.detector.confidence) == (0.3, 0.7)


def test_other_variables_of_ours_are_no_settings(monkeypatch):
    monkeypatch.setenv("GENESIS_MODELS_DIR", "/models")
    assert Settings() == Settings()


def test_a_camera_may_have_a_rate_of_its_own():
    settings = Settings(process_fps=10)
    assert settings.fps_of(camera()) == 10
    assert settings.fps_of(camera(process_fps=2)) == 2


def test_one_source_and_several_are_both_sources():
    assert camera(source="a.mp4").sources == ("a.mp4",)
    assert camera(source=["a.mp4", "b.mp4"]).sources == ("a.mp4", "b.mp4")


def test_a_start_is_for_cameras_that_name_none():
    settings = Settings(cameras=(camera("door", start=NINE), camera("till")))
    assert [c.start for c in settings.with_start(TEN).cameras] == [NINE, TEN]
    assert settings.with_start(None) is settings


def test_a_start_needs_a_time_zone():
    assert "timezone" in problem(lambda: camera(start="2026-01-05T09:00:00"))


@pytest.mark.parametrize("source", [5, None, "", " ", [], ["a.mp4", ""], ["a.mp4", 5]])
def test_a_source_that_nothing_could_play_is_refused_in_one_message(source):
    text = problem(lambda: camera(source=source))
    assert text.startswith("1 validation error")
    assert "expected a video file" in text


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a b", "-a", "é", "a" * 65, "a\n"])
def test_a_name_that_could_not_be_a_folder_is_refused(name):
    assert "expected up to 64 letters" in problem(lambda: camera(name))
    assert "expected up to 64 letters" in problem(lambda: Settings(site_id=name))
    assert "cannot name a folder" in problem(lambda: Settings(tenant_id=name))


@pytest.mark.parametrize("name", ["a", "door.2", "Door_1-left", "a" * 64, "0900"])
def test_a_plain_name_is_taken(name):
    assert camera(name).camera_id == name


@pytest.mark.parametrize("name", ["Acme", "acme-"])
def test_a_tenant_that_the_store_would_refuse_is_refused_at_once(name):
    assert "cannot name a folder" in problem(lambda: Settings(tenant_id=name))


def test_two_cameras_of_one_name_are_refused():
    text = problem(lambda: Settings(cameras=(camera("door"), camera("door"), camera("till"))))
    assert "each camera_id may stand once; repeated: door" in text


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("zone", {"zones": [{"zone_id": "till", "outline": SQUARE}] * 2}),
        ("line", {"lines": [{"line_id": "till", "start": (0, 0), "end": (1, 1)}] * 2}),
        ("mask", {"masks": [{"mask_id": "till", "outline": SQUARE}] * 2}),
    ],
)
def test_two_places_of_one_name_and_kind_in_a_camera_are_refused(kind, own):
    text = problem(lambda: Settings(cameras=(camera("door", **own),)))
    assert f"each {kind}_id of camera door may stand once; repeated: till" in text


def test_cameras_may_have_zones_of_one_name():
    zones = [{"zone_id": "till", "outline": SQUARE}]
    settings = Settings(cameras=(camera("a", zones=zones), camera("b", zones=zones)))
    assert len(settings.cameras) == 2


@pytest.mark.parametrize(
    "own",
    [
        {"zones": [{"zone_id": "z", "outline": [(0, 0), (1, 1)]}]},
        {"zones": [{"zone_id": "z", "outline": [(0, 0), (1, 1), (2, 0)]}]},
        {"lines": [{"line_id": "l", "start": (0, 0), "end": (0, 0)}]},
        {"lines": [{"line_id": "l", "start": (0, -0.1), "end": (0, 1)}]},
    ],
)
def test_shapes_that_are_none_or_leave_the_picture_are_refused(own):
    problem(lambda: camera(**own))


def test_contradictions_are_refused_with_both_values():
    assert "min_replicas 5 > max_replicas 2" in problem(
        lambda: Settings(detector={"min_replicas": 5, "max_replicas": 2})
    )
    assert "min_replicas 3 > max_replicas 1" in problem(
        lambda: Settings(faces={"min_replicas": 3, "max_replicas": 1})
    )
    assert "stack_frames 9 > max_batch_frames 8" in problem(
        lambda: Settings(detector={"stack_frames": 9, "max_batch_frames": 8})
    )


def test_a_mode_sets_what_is_not_set_itself():
    fast = Settings(detector={"mode": "low-latency"}).detector
    assert (fast.stack_frames, fast.max_batch_frames, fast.stacks_in_flight) == (4, 4, 1)
    full = Settings(detector={"mode": "throughput", "stack_frames": 8}).detector
    assert (full.stack_frames, full.max_batch_frames) == (8, 64)
    assert Settings(detector={"mode": "balanced"}) == Settings()


def test_a_setting_in_the_environment_wins_over_the_mode_in_the_file(monkeypatch):
    monkeypatch.setenv("GENESIS_DETECTOR__STACK_FRAMES", "2")
    detector = Settings(detector={"mode": "low-latency"}).detector
    assert (detector.stack_frames, detector.max_batch_frames) == (2, 4)


@pytest.mark.parametrize("mode", get_args(Mode))
def test_settings_of_every_mode_are_the_same_when_read_again(mode):
    detector = DetectorSettings(mode=mode)
    assert DetectorSettings(**detector.model_dump()) == detector


def test_a_size_that_does_not_go_with_the_mode_is_refused_with_its_name():
    text = problem(lambda: Settings(detector={"mode": "low-latency", "stack_frames": 9}))
    assert "stack_frames 9 > max_batch_frames 4; set both" in text
    assert "low-latency" in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"detector": {"mode": "fast"}},
        {"detector": {"mode": ["balanced"]}},
        {"detector": {"stacks_in_flight": 0}},
        {"detector": {"tile_above": 0}},
        {"process_fps": 0},
        {"process_fps": 61},
        {"settle_s": -1},
        {"visit_gap_s": 0},
        {"visit_gap_s": float("inf")},
        {"visit_gap_s": 1e300},
        {"settle_s": float("nan")},
        {"detector": {"input_size": 600}},
        {"detector": {"confidence": 1.1}},
        {"identity": {"votes": 0}},
        {"identity": {"threshold": -0.5}},
        {"faces": {"finder": "eyes"}},
        {"unheard_of": 1},
        {"detector": {"unheard_of": 1}},
    ],
)
def test_values_out_of_range_and_unknown_settings_are_refused(wrong):
    problem(lambda: Settings(**wrong))


def test_an_embedders_own_threshold_is_the_default():
    assert IdentitySettings().threshold is None


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("door.mp4", "door"),
        ("/films/front door (2).MP4", "front-door-2"),
        ("2026-01-05T09:00:00.mp4", "2026-01-05T09-00-00"),
        ("what?.mp4", "what"),
        ("archive.tar.mp4", "archive.tar"),
        ("photo:zidane.jpg?seconds=8", "zidane"),
        ("photo:package:ultralytics/assets/bus.jpg?mirror=true&name=a/b", "bus"),
        ("synthetic:?people=3", "camera"),
        ("камера.mp4", "camera"),
        ("...mp4", "camera"),
        ("rtsp://ann:secret@10.0.0.7:554/Streaming/101", "10.0.0.7-Streaming-101"),
        ("rtsp://ann:secret@:554", "rtsp-554"),
        ("rtsp://door/user=ann_password=secret_channel=1", "door-user-_password-_channel-1"),
        ("ann:secret@10.0.0.7/live", "live"),
        ("ann:secret@door", "door"),
        ("device:0", "device-0"),
        ("x" * 80 + ".mp4", "x" * 64),
    ],
)
def test_a_camera_that_nobody_named_is_called_after_its_file_or_address(source, name):
    assert camera_id_of(source) == name
    assert camera(camera_id_of(source)).camera_id == name


def test_a_password_in_an_address_is_handed_down_and_never_shown():
    settings = Settings(cameras=[camera(source="rtsp://ann:secret@door/1")])
    assert settings.cameras[0].sources == ("rtsp://ann:secret@door/1",)
    assert settings.model_dump(mode="json")["cameras"][0]["source"] == "rtsp://***@door/1"
    assert "secret" not in settings.model_dump_json()


def test_live_cameras_are_told_from_recordings():
    assert camera(source="rtsp://door/1").is_live
    assert not camera(source=("a.mp4", "b.mp4")).is_live
    assert Settings(cameras=[camera(), camera("till", "device:0")]).has_live_cameras
    assert not Settings(cameras=[camera()]).has_live_cameras


def test_streams_may_be_read_from_anywhere_cameras_are_unless_networks_are_listed(monkeypatch):
    assert Settings().sources.policy == SourcePolicy()
    monkeypatch.setenv("GENESIS_SOURCES__ALLOWED_NETWORKS", '["10.20.0.0/16", "10.30.0.7"]')
    settings = Settings(sources={"allowed_schemes": ["rtsps"], "follow_links": True})
    assert settings.sources.policy == SourcePolicy(
        allowed_networks=(ip_network("10.20.0.0/16"), ip_network("10.30.0.7/32")),
        allowed_schemes=("rtsps",),
        follow_links=True,
    )


def test_networks_are_the_same_in_a_runs_summary_and_read_from_it():
    settings = Settings(sources={"allowed_networks": ["10.20.0.0/16", "fd12::/16"]})
    assert Settings(**settings.model_dump(mode="json")) == settings
    assert Settings(**json.loads(settings.model_dump_json())) == settings


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"allowed_networks": ["10.20.0.7/16"]}, "sources.allowed_networks.0"),
        ({"allowed_networks": ["door"]}, "sources.allowed_networks.0"),
        ({"allowed_schemes": ["file"]}, "sources.allowed_schemes.0"),
        ({"allowed_hosts": ["door"]}, "sources.allowed_hosts"),
    ],
)
def test_a_network_or_scheme_that_is_none_is_refused(wrong, says):
    assert says in problem(lambda: Settings(sources=wrong))


def test_nobody_unknown_can_have_agreed_so_visitors_and_consent_exclude_each_other():
    with pytest.raises(ValidationError, match="visitors true, consent required"):
        Settings(identity={"visitors": True, "consent": "required"})
    assert Settings(identity={"consent": "required"}).identity.visitors is False
    assert Settings().identity.consent == "not-needed"


def ways(*pairs: tuple[str, str], max_s: float | None = 60) -> dict[str, object]:
    return {"passages": [{"between": pair, "min_s": 5, "max_s": max_s} for pair in pairs]}


def test_looks_are_colours_and_carry_nothing_unless_that_is_asked_for():
    assert (Settings().appearance.model, Settings().appearance.carry) == ("colours", False)
    carrying = Settings(
        appearance={"model": "osnet", "carry": True}, topology=ways(("door", "till"))
    )
    assert carrying.appearance.carry


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"appearance": {"carry": True}}, "by osnet only, and model is colours"),
        ({"appearance": {"model": "osnet", "carry": True}}, "have a max_s, and there is none"),
        (
            {
                "appearance": {"model": "osnet", "carry": True},
                "topology": ways(("door", "till"), max_s=None),
            },
            "have a max_s, and there is none",
        ),
    ],
)
def test_names_that_nothing_could_carry_are_refused_with_what_is_wrong(wrong, says):
    with pytest.raises(ValidationError, match=says):
        Settings(**wrong)


@pytest.mark.parametrize("name", ["Middle-earth/Shire", "Europe", "", "../etc/passwd", "+01:00"])
def test_a_time_zone_that_there_is_not_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ValidationError, match="expected a time zone of the IANA database"):
        Settings(time_zone=name)


def test_a_site_is_in_utc_until_it_says_where_it_is() -> None:
    assert Settings().time_zone == "UTC"
    assert Settings(time_zone="Europe/Berlin").time_zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("s3://key:a-secret@bucket/faces", "comes of the environment"),
        ("s3://bucket/faces?X-Amz-Signature=a-secret", "comes of the environment"),
        ("abfs://c@account/faces#a-secret", "comes of the environment"),
        ("/mnt/nas/a-secret", "address of a folder, as s3://bucket/faces"),
        ("s3://", "address of a folder"),
        ("simplecache::s3://bucket/a-secret", "address of a folder"),
        ("memory://a-secret", "keeps nothing"),
    ],
)
def test_a_place_for_photos_is_a_plain_address_and_what_is_refused_is_not_shown(
    place, expected, tmp_path
):
    config = tmp_path / "c.yaml"
    config.write_text(f"faces:\n  photos_at: '{place}'\n")
    with pytest.raises(ConfigurationError, match=expected) as told:
        load(config)
    assert "c.yaml:2: faces.photos_at" in str(told.value)
    assert "a-secret" not in str(told.value)


def test_places_for_photos_of_any_kind_are_taken():
    for place in ("s3://bucket", "s3://bucket/faces", "file:///mnt/nas/faces", "gs://b/f"):
        assert Settings(faces={"photos_at": f"{place}/"}).faces.photos_at == place
    assert Settings().faces.photos_at is None
