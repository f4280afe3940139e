import io
from pathlib import Path

from genesis_ray.cli.console import PlainConsole
from genesis_ray.cli.searching import _table
from genesis_ray.domain.recognition.people import Person
from genesis_ray.running.enrolling.photo_search import PhotoFace
from tests.hand_made import at


def test_each_similarity_stands_beside_the_name_it_is_of_however_narrow_the_terminal():
    people = [
        Person(identity_id=f"{digit}" * 32, name=name, kind="enrolled", enrolled_at=at(0))
        for digit, name in enumerate(("Lin-Manuel [Miranda]", "Ada Lovelace"))
    ]
    face = PhotoFace(
        photo=Path("a_photo_with_a_long_name.jpg"),
        box=(0, 0, 1, 1),
        landmarks=((0.5, 0.5),) * 5,
        quality=1,
        people=((people[0], 0.7), (people[1], 0.2)),
        says="match",
        threshold=0.48,
    )
    shown = io.StringIO()
    PlainConsole(file=shown, width=80).print(_table([face]))
    lines = shown.getvalue().splitlines()
    assert [line.count("0.700") for line in lines if "Lin-Manuel" in line] == [1]
    assert [line.count("0.200") for line in lines if "Ada" in line] == [1]
    assert "[Miranda]" in shown.getvalue()
