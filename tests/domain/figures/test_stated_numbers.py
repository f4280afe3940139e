from datetime import date, time

import pytest

from genesis_ray.domain.figures.stated_numbers import Known, invented

KNOWN = Known(
    numbers=[1234, 7, 95, 95 / 60, 1, 35, 23],
    shares=[0.1234, -0.05],
    days=[date(2026, 2, day) for day in range(2, 9)],
    times=[time(18), time(0, 30)],
    words=["half"],
)


@pytest.mark.parametrize(
    "text",
    [
        "1,234 people came", "1234 people", "1 234 people", "about 1,200 people", "1,230 people",
        "12 % more", "12% more", "12.3 percent more", "12.34 per cent", "a share of 0.12",
        "a fall of 5 %", "-5 %", "−5 %", "1.6 minutes", "95 seconds", "1 min 35 s", "1min 35s",
        "seven people", "twenty-three people", "half waited less",
        "one of them", "no comparison", "a single alert",
        "from 2026-02-02 to 2026-02-08", "2 February", "February 2nd, 2026", "2–8 February 2026",
        "Mon 2 Feb", "February 2 to 8", "at 18:00", "at 6 pm", "at 6 p.m.", "at 6:00 PM",
        "at 12:30 am", "in 2026", "nothing at all", "",
    ],
)  # fmt: skip
def test_what_stands_in_the_data_may_be_said(text):
    assert invented(text, KNOWN) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1,235 people came", "1,235"),
        ("about 1,000 people", "1,000"),
        ("1,300 people", "1,300"),
        ("12 people", "12"),  # 12 % is no 12 people
        ("7 % more", "7 %"),
        ("13 % more", "13 %"),
        ("12.5 percent", "12.5 percent"),
        ("seventeen people", "seventeen"),
        ("zero people", "zero"),
        ("nobody came", "nobody"),
        ("no one came", "no one"),
        ("no visitors came", "no visitors"),
        ("none of them came back", "none"),
        ("one-third of them", "one-third"),
        ("twenty-one people", "twenty-one"),
        ("seventy-five people", "seventy-five"),
        ("twice as many", "twice"),
        ("a third of them", "third"),
        ("dozens of people", "dozens"),
        ("on 2026-02-09", "2026-02-09"),
        ("on 9 February", "9 February"),
        ("on 2 March", "2 March"),
        ("2–9 February", "2–9 February"),
        ("on 2 February 2025", "2 February 2025"),
        ("at 19:00", "19:00"),
        ("at 7 pm", "7 pm"),
        ("in 2025", "2025"),
        ("zone42 was full", "zone42"),
        ("٣ people", "٣"),
        ("1234x", "1234x"),
        ("1.234.567", "1.234.567"),
    ],
)  # fmt: skip
def test_what_does_not_is_invented(text, what):
    assert what in invented(text, KNOWN)


def test_one_and_nobody_are_numbers_too():
    assert invented("one person came", Known(numbers=[7])) == ["one"]
    assert invented("a single person came", Known(numbers=[7])) == ["single"]
    assert invented("nobody came, and no alert was raised", Known(numbers=[0])) == []


def test_each_invention_is_named():
    assert invented("8 came, then 9, of 1,234", KNOWN) == ["8", "9"]
