"""What an operator can set of the floor that a camera looks at."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from genesis_ray.domain.places.homography import Matrix, checked, from_points
from genesis_ray.sections.types import Section

_Row = tuple[float, float, float]
_Metres = Annotated[float, Field(ge=-10_000, le=10_000)]
_Share = Annotated[float, Field(ge=0, le=1)]


class FloorPointSettings(Section):
    """A point of the floor, in the picture and on the plan."""

    picture: tuple[_Share, _Share] = Field(description="(x, y) as fractions of width and height")
    floor: tuple[_Metres, _Metres] = Field(description="The same point on the plan, in metres")


class FloorSettings(Section):
    """Where on a floor plan what is in the picture is; one plan for all cameras of a site."""

    points: tuple[FloorPointSettings, ...] = Field(
        default=(), description="Four points of the floor, no three of them on one line"
    )
    matrix: tuple[_Row, _Row, _Row] | None = Field(
        default=None,
        description="Instead of points the homography itself, 3 x 3: takes (x, y, 1), fractions of "
        "the picture, to metres",
    )

    @model_validator(mode="after")
    def _is_a_plane(self) -> Self:
        if bool(self.points) == (self.matrix is not None):
            raise ValueError("expected four points, each with picture and floor, or a matrix")
        _ = self.homography
        return self

    @property
    def homography(self) -> Matrix:
        """The matrix that is set, or that of the points."""
        if self.matrix is not None:
            return checked(self.matrix)
        return from_points(
            [point.picture for point in self.points], [point.floor for point in self.points]
        )
