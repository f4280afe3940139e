import json
from dataclasses import replace
from datetime import date, time

from genesis_ray.analytics.reports.facts import facts_of
from genesis_ray.analytics.reports.summary import summarise
from genesis_ray.domain.figures.stated_numbers import invented


def test_a_model_is_given_aggregates_without_names_and_ids(report):
    told = json.dumps(facts_of(report).data)
    for name in ("york", "door", "queue /", "/ queue", "till", "visitor-", "long-queue", "Ada"):
        assert name not in told
    assert '"value": "114"' in told


def test_what_is_withheld_is_not_given(report):
    withheld = replace(report.headlines[0], value=None, why_not="withheld", name="Secret")
    told = json.dumps(facts_of(replace(report, headlines=[withheld])).data)
    assert "Secret" not in told


def test_all_that_is_given_may_be_stated(report):
    facts = facts_of(report)
    assert invented(json.dumps(facts.data, ensure_ascii=False), facts.known) == []


def test_the_sentences_put_together_from_the_figures_would_pass(report):
    assert invented(summarise(report).text, facts_of(report).known) == []


def test_days_and_times_are_those_of_the_sites_clock(report):
    known = facts_of(report).known
    assert (min(known.days), max(known.days)) == (date(2026, 2, 2), date(2026, 2, 16))
    assert time(10) in known.times


def test_several_queues_are_told_apart_by_number(report):
    queues = [each for each in report.headlines if each.place]
    more = [replace(each, place="door / other") for each in queues]
    data = facts_of(replace(report, headlines=[*queues, *more])).data
    assert {row["name"][-7:] for row in data["figures"]} == {"queue 1", "queue 2"}


def test_a_share_of_few_may_be_told_as_it_stands_and_not_in_percent(report):
    (served,) = (each for each in report.headlines if each.unit == "share")
    few = replace(served, value=5 / 7, of=7, before=None, change=None)
    known = facts_of(replace(report, headlines=[few])).known
    assert invented("5 of 7 were served within 1 min", known) == []
    assert invented("71 % were served", known) == ["71 %"]
