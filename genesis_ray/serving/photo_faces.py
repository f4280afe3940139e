"""The faces of photos by the embedder that is served, for who does without models."""

from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from genesis_ray.errors import GenesisError
from genesis_ray.sections.models import FaceSettings
from genesis_ray.serving.embedder import Embedded
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import Photo, checked_content, no_picture

_ANSWERS_WITHIN_S = 60.0
"""A photo takes a second or so; cameras are served meanwhile."""


class ServedPhotoFaces:
    """Has photos looked at by replicas of the embedder; see `photo_faces.PhotoFaces`.

    Photos travel as they were given: their pixels would take ten times as much shared memory.
    """

    def __init__(self, embedder: DeploymentHandle, settings: FaceSettings) -> None:
        """Ask a deployment for what the embedder of `settings` makes of them."""
        self._embedder = embedder
        self._name = settings.embedder

    def of(self, photo: Photo) -> list[EmbeddedFace]:
        """Return the templates of all faces of a photo, the largest first; not on an event loop.

        They are under whichever key the replica has.

        Raises:
            SourceError: It is too large, or no picture.
            GenesisError: No replica answers.
        """
        request = self._embedder.photo.remote(checked_content(photo), self._name)
        try:
            answer: Embedded | None = request.result(timeout_s=_ANSWERS_WITHIN_S)
        except (RayError, RayServeException, TimeoutError) as error:
            raise GenesisError(
                f"the embedder does not answer ({type(error).__name__}), so nobody's face can be "
                f"told; nothing is changed: try again when /ready says that it is up"
            ) from None  # whose text may have what it was asked with
        if answer is None:
            raise no_picture(photo)
        return answer.faces
