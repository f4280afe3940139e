import pytest

from genesis_ray.domain.load.costs import Costs

USUAL = {
    "decode_s": 0.002,
    "prepare_s": 0.002,
    "detect_s": 0.025,
    "track_s": 0.0,
    "person_s": 0.001,
    "face_s": 0.06,
    "write_s": 0.0002,
}


@pytest.mark.parametrize(
    "wrong", [{"detect_s": 0}, {"decode_s": -1}, {"face_s": -0.1}, {"together": 0.9}]
)
def test_costs_that_make_no_sense_are_refused(wrong):
    assert Costs(**USUAL).together == 1
    with pytest.raises(ValueError, match="expected costs"):
        Costs(**{**USUAL, **wrong})
