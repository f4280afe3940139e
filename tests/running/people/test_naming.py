from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.people.naming import TrackName, find

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANN, BEN = visitor("3f2a-1", at=NOON), visitor("91bc-1", at=NOON + timedelta(hours=1))


def test_a_name_goes_before_the_beginning_of_an_identity():
    named = Person(identity_id="x", name="91bc", kind="enrolled", enrolled_at=NOON)
    assert find(WhoIsWho(people=(BEN, named)), "91bc") == "x"
    assert find(WhoIsWho(people=(BEN,)), "91bc") == BEN.identity_id


def test_a_name_is_found_in_whatever_form_it_is_stored():
    stored = Person(identity_id="x", name="Jose\u0301", kind="enrolled", enrolled_at=NOON)
    who = WhoIsWho(people=(stored,))
    assert find(who, "Jos\u00e9") == find(who, "Jose\u0301") == "x"


def test_whoever_was_merged_can_still_be_named_by_their_identity():
    who = WhoIsWho(people=(ANN,), aliases={BEN.identity_id: ANN.identity_id})
    assert find(who, "91bc") == BEN.identity_id
    with pytest.raises(NotFoundError, match="nobody is called 'visitor 91bc'"):
        find(who, BEN.name)


@pytest.mark.parametrize("text", ["", ":", "door", "door:", ":7", "door:x", "door:-1"])
def test_what_is_no_track_is_refused(text):
    with pytest.raises(ConfigurationError, match="CAMERA:NUMBER"):
        TrackName.parse(text)


def test_a_camera_may_have_a_colon_in_its_name():
    assert TrackName.parse("hall:door:7") == ("hall:door", 7)
