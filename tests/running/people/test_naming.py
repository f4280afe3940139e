from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.people.naming import TrackName, find

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANN, BEN = visitor("3f2a91bc-1", at=NOON), visitor("adabe113-1", at=NOON + timedelta(hours=1))


def test_a_name_goes_before_the_beginning_of_an_identity():
    named = Person(identity_id="x", name="adabe113", kind="enrolled", enrolled_at=NOON)
    assert find(WhoIsWho(people=(BEN, named)), "adabe113") == "x"
    assert find(WhoIsWho(people=(BEN,)), "adabe113") == BEN.identity_id


def test_a_name_is_found_in_whatever_form_it_is_stored():
    stored = Person(identity_id="x", name="Jose\u0301", kind="enrolled", enrolled_at=NOON)
    who = WhoIsWho(people=(stored,))
    assert find(who, "Jos\u00e9") == find(who, "Jose\u0301") == "x"


def test_whoever_was_merged_can_still_be_named_by_their_identity():
    who = WhoIsWho(people=(ANN,), aliases={BEN.identity_id: ANN.identity_id})
    assert find(who, "adabe113") == BEN.identity_id
    with pytest.raises(NotFoundError, match="nobody is called 'visitor adab'"):
        find(who, BEN.name)


def test_characters_that_several_identities_begin_with_are_refused():
    people = (BEN, visitor("adabe113-2", at=NOON))
    with pytest.raises(ConfigurationError, match="several: adabe113-1, adabe113-2"):
        find(WhoIsWho(people=people), "adabe113")


@pytest.mark.parametrize("text", ["", "a", "ada", "adabe11"])
def test_a_few_characters_are_no_identity_as_they_may_be_meant_as_a_name(text):
    with pytest.raises(NotFoundError, match="by its first 8 characters or more"):
        find(WhoIsWho(people=(ANN, BEN)), text)


@pytest.mark.parametrize("text", ["", ":", "door", "door:", ":7", "door:x", "door:-1"])
def test_what_is_no_track_is_refused(text):
    with pytest.raises(ConfigurationError, match="CAMERA:NUMBER"):
        TrackName.parse(text)


def test_a_camera_may_have_a_colon_in_its_name():
    assert TrackName.parse("hall:door:7") == ("hall:door", 7)
