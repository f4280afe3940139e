"""A report as its reader sees it: drawn, on a wide window and on a phone that was turned."""

from dataclasses import replace
from itertools import combinations

import pyarrow as pa
import pytest

from genesis_ray.analytics import charts
from genesis_ray.analytics.reports.contents import Chart, Summary
from genesis_ray.analytics.reports.page import as_page
from tests.browser import browser, complaints, opened
from tests.reported import shop_report

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

CHARTS = """
return [...document.querySelectorAll(".chart")].map(chart => {
  const { width, height } = chart.querySelector(".main-svg").getBoundingClientRect();
  return { fits: width <= chart.clientWidth, height, marks: chart.querySelectorAll("path").length };
});
"""
IS_NARROW = "return document.querySelector('.main-svg').getBoundingClientRect().width < 390"


NAMES = """
return [...document.querySelectorAll(".node-label")].map(label => {
  const { left, right, top, bottom } = label.getBoundingClientRect();
  return { left, right, top, bottom };
});
"""
PHONE = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}


def ways(*zones: str, steps: int) -> pa.Table:
    """As many visits from each zone to each other, at each step."""
    others = {"people": 9, "visits": 9, "suppressed": False}
    links = [
        {"step": step, "origin": origin, "destination": destination, **others}
        for step in range(1, steps + 1)
        for origin in (zones if step > 1 else ["(enter)"])
        for destination in (zones if step < steps else ["(leave)"])
        if origin != destination
    ]
    return pa.Table.from_pylist(links)


def test_on_a_phone_no_name_of_a_zone_lies_on_another(tmp_path):
    page = tmp_path / "report.html"
    drawn = charts.journeys(ways("entrance-north", "electronics", "customer-service", steps=5))
    report = replace(shop_report(), charts=[Chart(drawn, True)])
    page.write_text(as_page(report, Summary("Of a week.", "")))
    with browser() as driver:
        from selenium.webdriver.support.ui import WebDriverWait

        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
        opened(driver, page)
        WebDriverWait(driver, 60, 0.1).until(lambda _: len(driver.execute_script(NAMES)) == 14)
        names = driver.execute_script(NAMES)
        assert driver.execute_script("return document.documentElement.scrollWidth") == 390
    for one, other in combinations(names, 2):
        is_beside = one["right"] <= other["left"] or other["right"] <= one["left"]
        assert is_beside or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]


def test_all_charts_are_drawn_and_stay_so_on_a_narrow_screen(tmp_path):
    page = tmp_path / "report.html"
    report = shop_report()
    page.write_text(as_page(report, Summary("Of a week.", "")))
    with browser() as driver:
        from selenium.webdriver.support.ui import WebDriverWait

        opened(driver, page)
        for is_narrow in (False, True):
            if is_narrow:
                driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
                WebDriverWait(driver, 60, 0.1).until(lambda _: driver.execute_script(IS_NARROW))
            shown = driver.execute_script(CHARTS)
            assert len(shown) == len(report.charts)
            assert [c for c in shown if not c["fits"] or c["height"] < 120 or not c["marks"]] == []
        across = driver.execute_script("return document.documentElement.scrollWidth")
        assert across == 390  # nothing but tables is wider, and these scroll
        assert complaints(driver) == []
