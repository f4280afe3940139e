"""Charts of the answers to questions."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from genesis_ray.analytics import charts
from genesis_ray.analytics.dwell import dwell_histogram
from genesis_ray.analytics.footfall import footfall
from genesis_ray.analytics.journeys import journeys
from genesis_ray.analytics.occupancy import occupancy
from genesis_ray.analytics.queues import queue_service
from genesis_ray.analytics.traffic import foot_heat
from genesis_ray.analytics.uptime import camera_uptime
from tests.hand_made import NINE, at, camera_is, line, seen, stay, tables, visit

ZONE = "Asia/Kolkata"  # five and a half hours ahead: nine is half past two
HOURS = {"since": NINE, "until": at(2 * 3600), "time_zone": "UTC"}
RANGE = {"since": NINE, "until": at(2 * 3600)}


def crossings(*seconds: float, line_id: str = "street"):
    return tables([line(second, line_id=line_id) for second in seconds])


def buckets(start: datetime, width: timedelta, *numbers: int) -> pa.Table:
    rows = [
        {"starts_at": start + place * width, "ends_at": start + (place + 1) * width, "went_in": n}
        for place, n in enumerate(numbers)
    ]
    return pa.Table.from_pylist(rows)


def said(figure) -> str:
    return " ".join(note.text for note in figure.layout.annotations)


def test_footfall_adds_up_the_lines_by_the_sites_clock():
    both = tables([line(0), line(1), line(3600), line(5, line_id="yard")])
    figure = charts.footfall(footfall(both, **HOURS), time_zone=ZONE)
    (bars,) = figure.data
    assert [*bars.y] == [3, 1]
    assert [*bars.x] == [datetime(2026, 1, 5, 14, 30), datetime(2026, 1, 5, 15, 30)]
    assert figure.layout.yaxis.title.text == "people"


def test_the_period_before_is_drawn_where_this_one_is():
    week = timedelta(days=7)
    now = footfall(crossings(0, 3600), **HOURS)
    hour = timedelta(hours=1)
    figure = charts.footfall(now, time_zone=ZONE, before=buckets(NINE - week, hour, 4, 5))
    bars, line_before = figure.data
    assert [*line_before.x] == [start + hour / 2 for start in bars.x]  # the middle of a bar
    assert [*line_before.y] == [4, 5]
    assert line_before.customdata[0] == "2025-12-29 14:30"
    assert figure.layout.showlegend


def test_the_period_before_is_at_the_same_hour_when_summer_time_began_between():
    day = timedelta(days=1)
    now = buckets(datetime(2026, 3, 29, 22, tzinfo=UTC), day, 1)  # midnight in Berlin, in summer
    before = buckets(datetime(2026, 3, 22, 23, tzinfo=UTC), day, 1)
    bars, line_before = charts.footfall(now, time_zone="Europe/Berlin", before=before).data
    assert bars.x[0] == line_before.x[0] == datetime(2026, 3, 30)


def test_days_are_labelled_without_the_time_of_day():
    of_days = charts.footfall(buckets(NINE, timedelta(days=1), 1, 2), time_zone="UTC")
    of_hours = charts.footfall(buckets(NINE, timedelta(hours=1), 1, 2), time_zone="UTC")
    assert "%H" not in of_days.layout.xaxis.tickformat
    assert "%H" in of_hours.layout.xaxis.tickformat


def test_the_hour_that_comes_twice_is_one_bar():
    twice = buckets(datetime(2026, 10, 25, 0, tzinfo=UTC), timedelta(hours=1), 2, 3)
    (bars,) = charts.footfall(twice, time_zone="Europe/Berlin").data
    assert ([*bars.x], [*bars.y]) == ([datetime(2026, 10, 25, 2)], [5])


def test_occupancy_draws_zones_and_all_together():
    levels = occupancy(tables([*stay(0, 1800), *stay(0, 3600, "sofa", track_id=2)]), **HOURS)
    figure = charts.occupancy(levels, time_zone="UTC")
    assert [trace.name for trace in figure.data] == ["all zones", "door / sofa", "door / till"]
    assert [trace.y[0] for trace in figure.data] == [1.5, 1, 0.5]


def test_of_one_zone_there_is_no_sum():
    levels = occupancy(tables(stay(0, 1800)), **HOURS)
    assert [trace.name for trace in charts.occupancy(levels, time_zone="UTC").data] == [
        "door / till"
    ]


def test_the_emptiest_of_many_zones_are_left_out():
    stays = [stay(0, 60 * (n + 1), f"zone-{n}", track_id=n) for n in range(8)]
    levels = occupancy(tables([event for own in stays for event in own]), **HOURS)
    figure = charts.occupancy(levels, time_zone="UTC")
    names = {trace.name for trace in figure.data}
    assert not names & {"door / zone-0", "door / zone-1"}
    assert len(names) == 7
    assert "2 emptier zones" in figure.layout.title.text


def test_dwell_is_in_bins_with_their_unit():
    stays = dwell_histogram(tables([*stay(0, 7), *stay(10, 110)]), **RANGE)
    figure = charts.dwell_distribution(stays)
    (bars,) = figure.data
    by_bin = dict(zip(bars.x, bars.y, strict=True))
    assert (by_bin["5–10 s"], by_bin["1–2 min"], sum(by_bin.values())) == (1, 1, 2)
    assert [*bars.x][3:5] == ["30 s–1 min", "1–2 min"]
    assert bars.x[-1] == "1 h and more"


def test_zones_beyond_the_colours_are_one():
    stays = [stay(0, 10 * (n + 1), f"zone-{n}", track_id=n) for n in range(8)]
    answer = dwell_histogram(tables([event for own in stays for event in own]), **RANGE)
    figure = charts.dwell_distribution(answer)
    assert figure.data[-1].name == "2 other zones"
    assert sum(sum(trace.y) for trace in figure.data) == 8


def test_waits_are_in_minutes_once_they_are_long():
    short = queue_service(tables(stay(0, 30, "queue")), **HOURS, queue_zone_id="queue")
    long = queue_service(tables(stay(0, 600, "queue")), **HOURS, queue_zone_id="queue")
    seconds = charts.queue_waits(short, time_zone="UTC", within_s=60)
    minutes = charts.queue_waits(long, time_zone="UTC", within_s=60)
    assert (seconds.data[0].y[0], seconds.layout.yaxis.title.text) == (30, "wait, seconds")
    assert (minutes.data[0].y[0], minutes.layout.yaxis.title.text) == (10, "wait, minutes")
    assert said(minutes) == "to be served within 1 min"
    assert seconds.data[0].y[1] is None  # nobody came in the second hour


def test_an_hour_of_the_week_is_the_mean_of_the_weeks():
    week_later = buckets(NINE + timedelta(days=7), timedelta(hours=1), 6)
    both = pa.concat_tables([buckets(NINE, timedelta(hours=1), 4), week_later])
    (heat,) = charts.week(both, time_zone="UTC").data
    assert heat.z[0][9] == 5
    assert heat.z[0][10] is None
    assert heat.y[0] == "Mon"


def test_two_lines_of_an_hour_are_added_before_the_mean_is_taken():
    both = tables([line(0), line(5, line_id="yard")])
    (heat,) = charts.week(footfall(both, **HOURS), time_zone="UTC").data
    assert heat.z[0][9] == 2


def test_ways_of_too_few_people_are_left_out_with_what_only_they_lead_to():
    row = {"people": 9, "suppressed": False}
    links = pa.Table.from_pylist(
        [
            {"step": 1, "origin": "(enter)", "destination": "till", "visits": 9, **row},
            {"step": 1, "origin": "(enter)", "destination": "sofa", "visits": None, **row},
            {"step": 2, "origin": "till", "destination": "(leave)", "visits": 9, **row},
            {"step": 2, "origin": "sofa", "destination": "(leave)", "visits": 7, **row},
        ]
    )
    figure = charts.journeys(links)
    (sankey,) = figure.data
    assert [*sankey.node.label] == ["enter", "till", "leave"]
    assert [*sankey.link.value] == [9, 9]
    assert said(figure) == "1 way of too few people left out"


def test_of_many_zones_the_least_visited_are_drawn_as_one():
    visits = range(5, 105, 5)
    events = [
        visit(n, 60, f"visitor-{zone}-{n}", zones=(f"zone-{zone}",))
        for zone, count in enumerate(visits)
        for n in range(count)
    ]
    links = journeys(tables([each for two in events for each in two]), **RANGE)
    (sankey,) = charts.journeys(links).data
    names = [name for name in sankey.node.label if name not in ("enter", "leave")]
    assert len(names) == 16
    assert "other zones" in names
    assert {"zone-19", "zone-5"} <= set(names)
    assert sum(sankey.link.value) == 2 * sum(visits)


def test_ways_through_more_zones_and_longer_names_need_a_wider_page():
    def least_width(*zones):
        ways = journeys(
            tables([each for n in range(6) for each in visit(n, 60, f"{n}", zones=zones)]), **RANGE
        )
        return charts.journeys(ways).layout.meta["least_width"]

    assert least_width("a", "b") < 300  # of a phone's 390, less its margins
    assert 3 * least_width("a", "b") < 2 * least_width("a", "b", "a", "b", "a")
    assert least_width("a", "b") < least_width("a", "customer-service")


def test_ways_are_those_of_visits():
    events = [event for n in range(6) for event in visit(n, 60, f"visitor-{n}", zones=("till",))]
    (sankey,) = charts.journeys(journeys(tables(events), **RANGE)).data
    assert [*sankey.link.value] == [6, 6]


def test_feet_are_where_the_picture_has_them():
    cells = foot_heat(
        tables([seen(0, x=0.9, y=0.1), seen(1, x=0.9, y=0.1)]), camera_id="door", rows=4, columns=4
    )
    figure = charts.foot_points(cells, rows=4, columns=4)
    assert np.argwhere(np.isfinite(np.array(figure.data[0].z, float))).tolist() == [[0, 3]]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # row 0 is above


def test_states_of_a_camera_are_shares_of_its_time():
    states = camera_uptime(
        tables([camera_is(0, "online"), camera_is(3600, "stalled")]), **HOURS, bucket="hour"
    )
    figure = charts.uptime(states)
    assert {trace.name: trace.x[0] for trace in figure.data} == {
        "online": 50,
        "picture impaired": 0,
        "offline": 50,
        "not watched": 0,
    }
    assert [trace.name for trace in figure.data if trace.showlegend] == ["online", "offline"]


def test_a_long_name_is_cut_in_its_middle_and_the_bar_is_its_own():
    name = "the-entrance-hall-on-the-north-side"
    state = camera_is(0, "online", camera_id=name)
    figure = charts.uptime(camera_uptime(tables([state]), **HOURS))
    assert figure.layout.yaxis.tickvals == (name,)
    assert figure.layout.yaxis.ticktext == ("the-entra…north-side",)


NOTHING = tables([])


@pytest.mark.parametrize(
    "figure",
    [
        charts.footfall(footfall(NOTHING, **HOURS), time_zone="UTC"),
        charts.footfall(buckets(NINE, timedelta(hours=1), 0, 0), time_zone="UTC"),
        charts.occupancy(occupancy(NOTHING, **HOURS), time_zone="UTC"),
        charts.dwell_distribution(dwell_histogram(NOTHING, **RANGE)),
        charts.queue_waits(
            queue_service(NOTHING, **HOURS, queue_zone_id="queue"), time_zone="UTC"
        ),
        charts.week(footfall(NOTHING, **HOURS), time_zone="UTC"),
        charts.journeys(journeys(NOTHING, **RANGE)),
        charts.foot_points(foot_heat(NOTHING, camera_id="door")),
        charts.uptime(camera_uptime(NOTHING, **HOURS)),
    ],
    ids=lambda figure: figure.layout.title.text,
)  # fmt: skip
def test_where_there_is_nothing_the_figure_says_so(figure):
    assert not figure.data
    assert said(figure)


def test_figures_share_no_state():
    one = charts.footfall(footfall(crossings(0), **HOURS), time_zone="UTC")
    one.update_layout(title_text="changed", colorway=["red"])
    other = charts.footfall(footfall(crossings(0), **HOURS), time_zone="UTC")
    assert other.layout.title.text == "Entries over lines"
    assert other.layout.colorway[0] != "red"


def test_a_floor_is_drawn_in_metres_with_cells_where_they_are():
    cells = pa.table({"x_m": [-0.5, 1.0], "y_m": [2.0, 3.0], "seconds": [30.0, 60.0]})
    (drawn,) = charts.floor(cells, cell_m=0.5).data
    assert (drawn.x0, drawn.dx, drawn.y0, drawn.dy) == (-0.25, 0.5, 2.25, 0.5)
    assert drawn.z.shape == (3, 4)
    assert (drawn.z[0, 0], drawn.z[2, 3]) == (30, 60)
    assert np.isnan(drawn.z).sum() == 10


def cells_of(*cells: tuple[float, float, float]) -> pa.Table:
    columns = (pa.array(column) for column in zip(*cells, strict=True))
    return pa.table([*columns], names=["x_m", "y_m", "seconds"])


def test_a_floor_is_drawn_without_a_stray_far_from_everybody():
    near = [(x * 0.5, y * 0.5, 600.0) for x in range(20) for y in range(10)]
    (drawn,) = charts.floor(cells_of(*near, (900.0, 5_000.0, 1.0), (-800.0, 0.0, 1.0))).data
    assert drawn.z.shape == (10, 20)
    assert (drawn.x0, drawn.y0) == (0.25, 0.25)


def test_a_large_floor_is_drawn_in_larger_cells_and_nothing_is_lost():
    corners = cells_of((0.0, 0.0, 60.0), (0.5, 0.0, 90.0), (3_999.5, 2_999.5, 60.0))
    (drawn,) = charts.floor(corners).data
    assert drawn.z.size <= 250_000
    assert drawn.z[0, 0] == 2.5  # minutes
    assert np.nansum(drawn.z) == 3.5
    assert drawn.dx == drawn.dy
    assert (drawn.x0, drawn.y0) == (drawn.dx / 2, drawn.dy / 2)
    assert drawn.z.shape[1] * drawn.dx == pytest.approx(4_000, abs=drawn.dx)


def test_a_long_thin_floor_is_drawn_in_larger_cells_too():
    (drawn,) = charts.floor(cells_of((0.0, 0.0, 9.0), (900_000.0, 0.0, 9.0))).data
    assert drawn.z.size <= 250_000


def test_a_floor_on_which_nobody_stood_says_so():
    nobody = pa.table({name: pa.array([], pa.float64()) for name in ("x_m", "y_m", "seconds")})
    assert "Nobody" in charts.floor(nobody).layout.annotations[0].text
