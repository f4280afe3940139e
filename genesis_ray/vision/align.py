"""Cuts faces out of pictures the way each embedder was trained to see them."""

import cv2
import numpy as np
import numpy.typing as npt

from genesis_ray.domain.streams.frames import Image

Points = npt.NDArray[np.float32]
"""Pixel coordinates, float32 [n, 2]: x, y; a pixel's centre has whole numbers."""

ALIGNED_SIZE = 112

# ArcFace's template (Deng et al. 2019) in 112x112: eyes, nose, corners of the mouth; of a
# pair, the one further left in the picture first.
TEMPLATE: Points = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float32,
)


def similarity_transform(source: Points, target: Points) -> npt.NDArray[np.float64]:
    """Return the 2x3 matrix that turns, scales and shifts `source` nearest to `target`.

    Least squares without reflection (Umeyama 1991, IEEE TPAMI 13(4)).
    """
    source_mean, target_mean = source.mean(axis=0, dtype=float), target.mean(axis=0, dtype=float)
    centred = source - source_mean
    variance = float(np.square(centred).sum()) / len(source)
    if variance == 0.0:
        raise ValueError("the points to align all lie in one place; at least two must differ")
    u, stretch, vt = np.linalg.svd((target - target_mean).T @ centred / len(source))
    signs = np.array([1.0, np.copysign(1.0, np.linalg.det(u @ vt))])
    linear = float(stretch @ signs) / variance * (u * signs) @ vt
    return np.column_stack([linear, target_mean - linear @ source_mean])


def align(image: Image, landmarks: Points) -> Image:
    """Warp a face to the ArcFace template, uint8 [112, 112, 3].

    `landmarks`, float32 [5, 2], are in the order of `TEMPLATE`. A face much larger than
    the template is shrunk by area first: bilinear sampling alone would skip pixels.
    """
    scale = np.hypot(*similarity_transform(landmarks, TEMPLATE)[:, 0])
    if scale <= 0.5:
        height, width = image.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        ratio = np.array(size) / (width, height)
        landmarks = ((landmarks + 0.5) * ratio - 0.5).astype(np.float32)
    matrix = similarity_transform(landmarks, TEMPLATE)
    aligned: Image = cv2.warpAffine(image, matrix, (ALIGNED_SIZE, ALIGNED_SIZE))
    return aligned


def widened(image: Image, xyxy: npt.NDArray[np.float32], *, by: float, size: int) -> Image:
    """Cut out a box made a share `by` larger about its centre, uint8 [size, size, 3].

    What lies outside the picture is left out, as MTCNN's own cropping does.
    """
    height, width = image.shape[:2]
    margin = (xyxy[2:] - xyxy[:2]) * by / 2
    left, top = np.clip(np.floor(xyxy[:2] - margin), 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.ceil(xyxy[2:] + margin).astype(int)
    crop = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    resized: Image = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)
    return resized
