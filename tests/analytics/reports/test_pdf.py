import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from genesis_ray.analytics import charts
from genesis_ray.analytics.reports.contents import Chart, Summary
from genesis_ray.analytics.reports.flows import columns_of
from genesis_ray.analytics.reports.paper import picture
from genesis_ray.analytics.reports.pdf import as_pdf, in_rows
from genesis_ray.analytics.uptime import camera_uptime
from tests.hand_made import NINE, at, tables

SUMMARY = Summary("114 people came in, as Zoë, Łukasz and Ωμέγα would.", "Checked.")


def test_a_report_is_pages_of_a4(report):
    few = replace(report, charts=report.charts[:1])
    written = as_pdf(few, SUMMARY)
    assert written.startswith(b"%PDF-")
    assert written.count(b"/MediaBox [0 0 595.28 841.89]") >= 1
    assert b"DejaVu" in written  # embedded: any letter can be read anywhere


def test_each_chart_can_be_printed(report):
    for chart in report.charts:
        drawn = Image.open(io.BytesIO(picture(chart.figure, width_in=3)))
        assert drawn.width == 600
        assert np.asarray(drawn.convert("L")).std() > 5, chart.figure.layout.title.text


def test_an_empty_chart_can_be_printed():
    nothing = camera_uptime(tables([]), since=NINE, until=at(60), time_zone="UTC")
    assert picture(charts.uptime(nothing), width_in=3)


@pytest.mark.parametrize(
    ("wide", "rows"),
    [([0, 0, 0], [2, 1]), ([1, 0, 1], [1, 1, 1]), ([1, 0, 0, 1], [1, 2, 1]), ([], [])],
)
def test_charts_stand_two_by_two_but_for_wide_ones(wide, rows):
    row_lengths = [len(row) for row in in_rows([Chart(None, bool(is_wide)) for is_wide in wide])]
    assert row_lengths == rows


def test_nodes_stand_after_those_that_lead_to_them_and_the_last_ones_together():
    links = [(0, 1), (0, 2), (1, 2), (0, 3)]
    assert columns_of(4, links) == {0: 0, 1: 1, 2: 2, 3: 2}
