import json
import re
from dataclasses import replace

import pytest
from plotly.offline import get_plotlyjs

from genesis_ray.analytics.reports.contents import Summary
from genesis_ray.analytics.reports.page import as_page

SUMMARY = Summary("114 people came in.", "Checked.")


@pytest.fixture(scope="module")
def page(report):
    return as_page(report, SUMMARY)


@pytest.fixture(scope="module")
def own(page):
    """The page without the library that draws its charts."""
    assert page.count(get_plotlyjs()) == 1
    return page.replace(get_plotlyjs(), "")


def test_the_page_tells_what_the_report_has(own):
    for text in (
        "Report of york", "Mon 9 Feb 2026 – Sun 15 Feb 2026", "Europe/Berlin", SUMMARY.text,
        SUMMARY.note, "door / queue: half waited at most", "long-queue", "door was offline for 3 h",
        "entries over lines 40, usually",
    ):  # fmt: skip
        assert text in own


def test_nothing_is_fetched(own):
    assert not re.findall(r"https?://|//[a-z]|\b(?:src|href)\s*=|url\(|@import", own)
    assert "default-src 'none'" in own


def test_each_chart_has_its_place_and_its_name(own, report):
    drawn = json.loads(re.search(r'id="drawn">(.*?)</script>', own, re.DOTALL)[1])
    assert len(drawn) == len(report.charts) == own.count('role="img"')
    assert drawn[0]["data"][0]["y"]
    assert 'aria-label="People in"' in own


def test_words_cannot_become_markup(report):
    evil = "</script><img src=x onerror=alert(1)>"
    chart = report.charts[0]._replace(figure=type(report.charts[0].figure)(chart_of(report)))
    chart.figure.update_layout(title_text=evil)
    page = as_page(
        replace(report, site_id=evil, remarks=[evil], charts=[chart]), Summary(evil, evil)
    )
    assert "<img" not in page.replace(get_plotlyjs(), "")


def chart_of(report):
    return report.charts[0].figure


def test_it_is_made_for_paper_and_for_the_dark(own):
    assert "@media print" in own
    assert "prefers-color-scheme: dark" in own
