import warnings

import numpy as np
import pytest

from genesis_ray.vision import facenet, models

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def state() -> dict[str, np.ndarray]:
    return facenet.read_weights(models.weights("facenet-vggface2"))


def test_state_has_every_parameter_of_facenet_pytorch_and_no_other(state):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from facenet_pytorch import InceptionResnetV1

    wanted = {
        name: tuple(tensor.shape)
        for name, tensor in InceptionResnetV1().state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    assert {name: array.shape for name, array in state.items()} == wanted


def test_folded_batch_norms_only_add_their_offset(state):
    norm = "repeat_2.4.branch1.2.bn"
    x = np.linspace(-3, 3, len(state[f"{norm}.bias"]), dtype=np.float32)
    scale = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + np.float32(0.001))
    added = (x - state[f"{norm}.running_mean"]) * scale + state[f"{norm}.bias"] - x
    np.testing.assert_allclose(added, state[f"{norm}.bias"], atol=1e-6)


def test_embeddings_equal_those_of_the_graph_read_by_another_reader():
    """OpenVINO reads the TensorFlow graph itself; torch computes with the converted state."""
    from genesis_ray.vision import engines

    faces = np.random.default_rng(0).integers(0, 256, (3, 160, 160, 3), dtype=np.uint8)
    (converted,) = engines.load("facenet-vggface2", (160, 160), engine="torch")(faces)
    (original,) = engines.load("facenet-vggface2", (160, 160), engine="openvino")(faces)
    assert converted.shape == (3, 512)
    # 1e-6 in float32; OpenVINO computes in bfloat16 where the processor can.
    assert np.sum(converted * original, axis=1).min() > 0.999
