import pytest

from genesis_ray.live.spec import Embedders
from genesis_ray.live.succession import Succession
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.templates.gallery_in_use import by_embedder
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.gallery_choice import FILE, GalleryChoice
from tests.running.somebody import NOON


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path, faces={"embedder": "fused"})


@pytest.fixture
def succession(settings, clock) -> Succession:
    """Of a resolver that has been at work for long."""
    made = Succession(settings, clock=clock)
    clock.now += 60
    return made


def choose(settings: Settings, embedder: str) -> None:
    choice = GalleryChoice(embedder=embedder, before="fused", at=NOON)
    choice.save(identity_folder(settings))


def test_who_asks_is_told_the_embedder_of_now_where_nobody_switched(succession):
    assert succession.ask("a", "") == Embedders("fused", None)
    assert succession.due is None


def test_an_embedder_that_was_switched_to_is_due_once_all_who_ask_have_it(
    succession, settings, clock
):
    choose(settings, "sface")
    for group in ("a", "b"):
        assert succession.ask(group, "") == Embedders("fused", "sface")
    succession.ask("a", "sface")
    assert succession.due is None
    succession.ask("b", "sface")
    assert succession.due == "sface"
    succession.went_over(by_embedder(settings, "sface"))
    assert succession.ask("a", "sface") == Embedders("sface", None)
    assert succession.due is None


def test_who_asks_no_more_is_not_waited_for(succession, settings, clock):
    choose(settings, "sface")
    succession.ask("gone", "")
    clock.now += 11
    succession.ask("here", "sface")
    assert succession.due == "sface"


def test_who_may_not_have_asked_yet_is_waited_for(settings, clock):
    choose(settings, "sface")
    succession = Succession(settings, clock=clock)
    succession.ask("first", "sface")
    assert succession.due is None
    clock.now += 11
    succession.ask("first", "sface")
    assert succession.due == "sface"


def test_going_back_before_all_have_it_is_no_change(succession, settings, clock):
    choose(settings, "sface")
    succession.ask("a", "")
    clock.now += 1
    choose(settings, "fused")
    assert succession.ask("a", "sface") == Embedders("fused", None)
    assert succession.due is None


def test_what_was_refused_is_due_again_when_somebody_switches_to_it_again(
    succession, settings, clock
):
    choose(settings, "sface")
    succession.ask("a", "sface")
    succession.refuse()
    clock.now += 1
    assert succession.ask("a", "sface") == Embedders("fused", None)
    for embedder in ("fused", "sface"):
        choose(settings, embedder)
        clock.now += 1
        succession.ask("a", "sface")
    assert succession.due == "sface"


def test_a_choice_that_cannot_be_read_changes_nothing(succession, settings):
    choose(settings, "sface")
    (identity_folder(settings) / FILE).write_text("{")
    assert succession.ask("a", "") == Embedders("fused", None)
