from dataclasses import replace

import pytest

from genesis_ray.analytics.reports.contents import Summary
from genesis_ray.analytics.reports.markdown import as_markdown

SUMMARY = Summary("114 people came in.", "")


def test_the_report_is_tables_and_words(report):
    text = as_markdown(report, SUMMARY)
    assert text.startswith("# Report of york\n\nMon 9 Feb 2026 – Sun 15 Feb 2026 · ")
    assert "| People in | 114 | 77 | +48 % |\n" in text
    assert "| long-queue | warning | 2 | 1 | Wed 11 Feb 2026, 10:00 |" in text
    assert "\n- door was offline for 3 h" in text


def test_every_row_has_the_cells_of_its_heading(report):
    tables = [
        block.splitlines()
        for block in as_markdown(report, SUMMARY).split("\n\n")
        if block[0] == "|"
    ]
    assert len(tables) == 3
    for rows in tables:
        assert {row.count("|") for row in rows} == {rows[0].count("|")}


@pytest.mark.parametrize("evil", ["a|b", "<b>", "[x](y)", "*a*", "`a`"])
def test_words_cannot_become_markup(report, evil):
    text = as_markdown(replace(report, site_id=evil, remarks=[evil]), SUMMARY)
    assert evil not in text


def test_without_a_comparison_there_are_no_columns_of_it(report):
    text = as_markdown(replace(report, not_compared="nothing is recorded"), SUMMARY)
    assert "| figure | this period |\n" in text
    assert "There is no comparison: nothing is recorded." in text
