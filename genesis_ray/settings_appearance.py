"""What an operator can set of how people look: what tells it, and where it carries identities."""

from typing import Literal, Self

from pydantic import Field, model_validator

from genesis_ray.settings_types import Fraction, Identifier, Seconds, Section


class NeighbourSettings(Section):
    """Two cameras between which people walk, in both directions, and how long that takes."""

    cameras: tuple[Identifier, Identifier]
    least_s: Seconds = Field(default=0.0, ge=0, description="The quickest that anybody goes it")
    most_s: Seconds = Field(default=60.0, gt=0, description="The longest without a stop elsewhere")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.cameras[0] == self.cameras[1]:
            raise ValueError(f"a camera is no neighbour of itself: {self.cameras[0]}")
        if self.least_s > self.most_s:
            raise ValueError(f"least_s {self.least_s:g} > most_s {self.most_s:g}")
        return self


class AppearanceSettings(Section):
    """How people are known again by their looks while no face is seen (docs/appearance.md)."""

    model: Literal["colours", "osnet"] = Field(
        default="colours",
        description="What tells looks: the colours of clothes, or OSNet, whose file you supply",
    )
    neighbours: tuple[NeighbourSettings, ...] = Field(
        default=(),
        description="Cameras between which a person named by the face at one keeps the name at "
        "the other without showing it; wants osnet",
    )
    unlike: Fraction = Field(
        default=0.2, description="Greatest cosine distance of looks over which a name is carried"
    )
    margin: Fraction = Field(
        default=0.1, description="How much less like everybody else has to be for that"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.neighbours and self.model != "osnet":
            raise ValueError(
                f"names are carried between neighbours by osnet only, and model is {self.model}: "
                f"colours change from camera to camera"
            )
        pairs = [frozenset(each.cameras) for each in self.neighbours]
        if repeated := next((pair for pair in pairs if pairs.count(pair) > 1), None):
            raise ValueError(f"neighbours {' and '.join(sorted(repeated))} stand there twice")
        return self
