"""How it is told where a face is in a photo."""

from typing import Annotated

from pydantic import Field

_Part = Annotated[float, Field(description="0 to 1, from the left or top of the picture")]

FaceBox = tuple[_Part, _Part, _Part, _Part]

LANDMARKS = (
    "Five points in the same parts, left and top: eyes, nose, corners of the mouth; of a pair, the "
    "one further left in the picture first"
)
