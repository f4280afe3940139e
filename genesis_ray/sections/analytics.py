"""What an operator can set of questions and reports."""

from pydantic import Field

from genesis_ray.domain.figures.small_groups import LEAST_GROUP
from genesis_ray.sections.types import Section


class AnalyticsSettings(Section):
    """What questions and reports tell of."""

    min_group: int = Field(
        default=LEAST_GROUP,
        ge=1,
        description="People whom a figure of a group tells of at least; where they are fewer it "
        "is withheld, with others that would give it away. 1: nothing is",
    )
