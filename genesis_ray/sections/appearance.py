"""What an operator can set of how people look: what tells it, and whether it carries names."""

from typing import Literal, Self

from pydantic import Field, model_validator

from genesis_ray.sections.types import Fraction, Section


class AppearanceSettings(Section):
    """How people are known again by their looks while no face is seen (docs/appearance.md)."""

    model: Literal["colours", "osnet"] = Field(
        default="colours",
        description="What tells looks: the colours of clothes, or OSNet, whose file you supply",
    )
    carry: bool = Field(
        default=False,
        description="A person named by the face at one camera keeps the name at the next without "
        "showing it, over the ways in topology.passages that have a max_s; wants osnet",
    )
    unlike: Fraction = Field(
        default=0.2, description="Greatest cosine distance of looks over which a name is carried"
    )
    margin: Fraction = Field(
        default=0.1, description="How much less like everybody else has to be for that"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.carry and self.model != "osnet":
            raise ValueError(
                f"names are carried by osnet only, and model is {self.model}: colours change from "
                f"camera to camera"
            )
        return self
