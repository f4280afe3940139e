"""A report as its reader sees it: drawn, on a wide window and on a phone that was turned."""

import pytest

from genesis_ray.analytics.reports.contents import Summary
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


def test_all_charts_are_drawn_and_stay_so_on_a_narrow_screen(tmp_path):
    page = tmp_path / "report.html"
    report = shop_report()
    page.write_text(as_page(report, Summary("Of a week.", "")))
    with browser() as driver:
        from selenium.webdriver.support.ui import WebDriverWait

        opened(driver, page)
        for is_narrow in (False, True):
            if is_narrow:
                screen = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
                driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
                WebDriverWait(driver, 60, 0.1).until(lambda _: driver.execute_script(IS_NARROW))
            charts = driver.execute_script(CHARTS)
            assert len(charts) == len(report.charts)
            assert [c for c in charts if not c["fits"] or c["height"] < 120 or not c["marks"]] == []
        across = driver.execute_script("return document.documentElement.scrollWidth")
        assert across == 390  # nothing but tables is wider, and these scroll
        assert complaints(driver) == []
