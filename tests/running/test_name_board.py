from genesis_ray.running.name_board import NameBoard
from tests.domain.told import named


def test_who_is_forgotten_is_called_nothing_once_and_others_what_they_were():
    board = NameBoard()
    board.put(named(1, "ada", track=1), "Ada")
    board.put(named(1, "ben", track=2), "Ben")
    assert board.take("door") == {1: "Ada", 2: "Ben"}
    board.forget(["ada"])
    assert board.take("door") == {1: ""}
    board.rename(lambda *_: "somebody")
    assert board.take("door") == {2: "somebody"}
