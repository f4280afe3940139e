import numpy as np
import pytest

from genesis_ray.vision import models, onnx_export

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]


@pytest.mark.parametrize("model", ["yolov8n", "yolo11n"])
def test_a_network_is_fixed_to_one_shape_and_says_the_same(model, tmp_path):
    import onnx
    import onnxruntime

    from genesis_ray.vision.tensorrt_build import fixed

    source = onnx_export.export(models.find(model))
    file = tmp_path / "fixed.onnx"
    onnx.save(fixed(onnx.load(source), (2, 3, 64, 96)), file)
    of_one, of_any = (onnxruntime.InferenceSession(path) for path in (file, source))
    assert of_one.get_inputs()[0].shape == [2, 3, 64, 96]
    planes = np.random.default_rng(0).random((2, 3, 64, 96), np.float32)
    results = [session.run(None, {"images": planes})[0] for session in (of_one, of_any)]
    np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-3)
