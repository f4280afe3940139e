"""Torch's part that every device shares: pixels as a network wants them."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from genesis_ray.vision.catalog import InputConvention
from genesis_ray.vision.torch_engine import PixelScaling

CONVENTIONS = [
    InputConvention(colour="RGB", mean=0.0, scale=255.0),
    InputConvention(colour="BGR", mean=(104.0, 117.0, 123.0), scale=(1.0, 2.0, 4.0)),
]


class Noted(TorchDispatchMode):
    """Notes what torch is asked to do, down to single operations."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.append(func.__name__)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("convention", CONVENTIONS, ids=str)
def test_pixels_become_planes_of_that_colour_order_less_the_mean_by_the_scale(convention):
    pixels = np.random.default_rng(1).integers(0, 256, (2, 3, 5, 3), np.uint8)
    planes = PixelScaling(convention)(torch.from_numpy(pixels)).numpy()
    ordered = pixels[..., ::-1] if convention.colour == "RGB" else pixels
    expected = (ordered.astype(np.float32) - convention.mean) / convention.scale
    np.testing.assert_allclose(planes, expected.transpose(0, 3, 1, 2), rtol=1e-6)


@pytest.mark.parametrize("convention", CONVENTIONS, ids=str)
def test_none_of_its_numbers_is_made_anew_at_a_call_since_no_graph_could_be_captured_then(
    convention,
):
    scaling = PixelScaling(convention)
    pixels = torch.zeros((1, 4, 4, 3), dtype=torch.uint8)
    with Noted() as noted:
        scaling(pixels)
    assert {"sub.Tensor", "div.Tensor"} <= set(noted.names)
    assert "lift_fresh.default" not in noted.names
    with Noted() as made:
        torch.tensor(convention.mean)
    assert "lift_fresh.default" in made.names  # which is how that would be seen
