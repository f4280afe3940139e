import pytest

from genesis_ray.domain.recognition.ledger import Merge, Undo
from genesis_ray.domain.recognition.people import visitor
from tests.api.system import System, at, crossed, observed, recognized


def test_events_just_logged_are_read_in_order_of_capture(system: System):
    system.log.append([observed(second) for second in (2, 0, 1)])
    times = [
        row["occurred_at"] for row in system.get("/v1/events", kind="track_observations")["events"]
    ]
    assert times == ["2026-01-05T12:00:00Z", "2026-01-05T12:00:01Z", "2026-01-05T12:00:02Z"]


def test_row_has_its_kind_and_every_column(system: System):
    event = crossed(1, "enter", track_id=9)
    system.log.append([event])
    assert system.get("/v1/events", kind="zone_crossings") == {
        "events": [
            {
                "kind": "zone_crossings",
                "event_id": f"{event.event_id.hex()[:8]}-{event.event_id.hex()[8:12]}-"
                f"{event.event_id.hex()[12:16]}-{event.event_id.hex()[16:20]}-"
                f"{event.event_id.hex()[20:]}",
                "tenant_id": "default",
                "site_id": "site",
                "camera_id": "door",
                "occurred_at": "2026-01-05T12:00:01Z",
                "zone_id": "entrance",
                "track_id": 9,
                "direction": "enter",
            }
        ],
        "next_cursor": None,
    }


def test_table_without_rows_is_an_empty_page(system: System):
    assert system.get("/v1/events", kind="visits") == {"events": [], "next_cursor": None}


def test_pages_together_are_all_rows_once(system: System):
    system.log.append([observed(second, track_id=track) for second in range(5) for track in (1, 2)])
    system.log.flush()
    whole = system.get("/v1/events", kind="track_observations")["events"]
    seen, cursor = [], {}
    while cursor is not None:
        page = system.get("/v1/events", kind="track_observations", limit=3, **cursor)
        seen += page["events"]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert seen == whole
    assert len(seen) == 10


def test_camera_and_time_narrow_the_answer(system: System):
    system.log.append(
        [observed(second, camera_id=camera) for second in range(4) for camera in ("door", "street")]
    )
    page = system.get(
        "/v1/events",
        kind="track_observations",
        camera_id="street",
        start=at(1).isoformat(),
        end="2026-01-05T13:00:03+01:00",
    )
    assert [(row["camera_id"], row["frame_index"]) for row in page["events"]] == [
        ("street", 10),
        ("street", 20),
    ]


def test_rows_of_another_tenant_are_not_shown(system: System):
    system.log.append([observed(0), observed(0, tenant_id="other")])
    events = system.get("/v1/events", kind="track_observations")["events"]
    assert [row["tenant_id"] for row in events] == ["default"]


@pytest.mark.parametrize(
    ("parameters", "wrong"),
    [
        ({}, "kind"),
        ({"kind": "alarms"}, "kind"),
        ({"kind": "visits", "limit": "0"}, "limit"),
        ({"kind": "visits", "limit": "1001"}, "limit"),
        ({"kind": "visits", "start": "yesterday"}, "start"),
        ({"kind": "visits", "start": "2026-01-05T12:00:00"}, "start"),
        ({"kind": "visits", "camera": "door"}, "camera"),
    ],
)
def test_wrong_parameter_is_named(system: System, parameters, wrong):
    answer = system.client.get("/v1/events", params=parameters)
    assert answer.status_code == 422
    assert [each["parameter"] for each in answer.json()["parameters"]] == [wrong]


def test_missing_kind_is_answered_with_the_kinds_there_are(system: System):
    assert "zone_crossings" in system.client.get("/v1/events?kind=x").json()["detail"]


def test_time_range_that_ends_before_it_starts_is_refused(system: System):
    parameters = {"kind": "visits", "start": at(2).isoformat(), "end": at(1).isoformat()}
    answer = system.client.get("/v1/events", params=parameters)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("start 2026-01-05T12:00:02+00:00 is after end")


def test_a_year_is_not_taken_for_seconds_since_1970(system: System):
    answer = system.client.get("/v1/events", params={"kind": "visits", "start": "2026"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "start: expected a time as 2026-01-05T09:00:00Z, got 2026"


def test_cursor_that_no_answer_gave_is_refused(system: System):
    answer = system.client.get("/v1/events", params={"kind": "visits", "cursor": "x"})
    assert answer.status_code == 422
    assert "next_cursor" in answer.json()["detail"]


def test_nothing_can_be_written(system: System):
    assert system.client.post("/v1/events", json={}).status_code == 405


def test_tracks_are_named_by_who_people_are_now(system: System):
    system.add_people(
        *(visitor(f"identity-{number}", at=at(number)) for number in (1, 2)),
    )
    system.log.append([recognized(1, track_id=1), recognized(2, track_id=2)])
    own = {"at": at(9), "by": "eve", "why": ""}

    def identities() -> list[object]:
        rows = system.get("/v1/events", kind="face_recognitions")["events"]
        return [row["identity_id"] for row in rows]

    assert identities() == ["identity-1", "identity-2"]
    system.decide(Merge(**own, entry_id="0", identity_id="identity-1", other_id="identity-2"))
    assert identities() == ["identity-1", "identity-1"]
    system.decide(Undo(**own, entry_id="1", undone_id="0"))
    assert identities() == ["identity-1", "identity-2"]


def test_a_torn_file_is_left_out_and_the_rest_is_answered(system: System, caplog):
    with system.log.tables():
        system.log.append([observed(0), observed(86_400)])
    with system.log.tables() as folder:
        torn = min((folder.path / "track_observations").rglob("*.parquet"))
        torn.write_bytes(torn.read_bytes()[:-10])
    for _ in range(2):
        rows = system.get("/v1/events", kind="track_observations")["events"]
        assert [row["occurred_at"] for row in rows] == ["2026-01-06T12:00:00Z"]
    assert [str(torn) in record.getMessage() for record in caplog.records] == [True]


def test_what_is_dated_in_the_future_comes_last_and_hides_nothing(system: System):
    century = 100 * 366 * 86_400
    system.log.append([observed(century), observed(0)])
    with system.log.tables():
        system.log.append([observed(1)])
    rows = system.get("/v1/events", kind="track_observations")["events"]
    assert [row["occurred_at"][:4] for row in rows] == ["2026", "2026", "2126"]
    until = system.get("/v1/events", kind="track_observations", end="2027-01-01T00:00:00Z")
    assert until["events"] == rows[:2]
