"""How faces become names, and when a camera's matches are less alike than they were."""

from typing import Literal, Self

from pydantic import Field, model_validator

from genesis_ray.sections.types import Fraction, Identifier, Section


class IdentitySettings(Section):
    """How faces become names."""

    threshold: Fraction | None = Field(
        default=None,
        description="Least similarity; unset: what `genesis calibrate` stored, else the embedder's",
    )
    camera_thresholds: dict[Identifier, Fraction] = Field(
        default={}, description="Other thresholds than that, by camera"
    )
    margin: Fraction = 0.05
    votes: int = Field(
        default=3,
        ge=1,
        description="Good faces that must agree before a track is named; 2 at least, whatever is "
        "set. A face of quality 0.5 and more is a good one, a worse one counts for less",
    )
    average: Fraction | None = Field(
        default=None,
        description="Least average similarity of the faces that agree, after 2 x votes - 1; "
        "null: that each of them reaches the threshold is enough, and names sooner",
    )
    review: Fraction = Field(
        default=0.05,
        description="A nameless track is for review where its faces come as near as this below "
        "the threshold to somebody; 0: only where votes or the margin were short",
    )
    companion_threshold: Fraction = Field(
        default=0.05,
        description="Added to the threshold for people who keep so close together that their "
        "boxes overlap again and again",
    )
    mean_threshold: Fraction = Field(
        default=0.07,
        description="With visitors, added to the threshold where a track is named by the mean of "
        "its faces, which strangers come nearer to than a single face",
    )
    visitors: bool = Field(
        default=False, description="Give people nobody enrolled a pseudonymous identity"
    )
    visitor_faces: int = Field(default=5, ge=1, description="Good faces before that is done")
    visitor_days: float = Field(
        default=30.0, gt=0, le=3660, description="Not seen for so long: a visitor is forgotten"
    )
    visitor_wait_days: float = Field(
        default=0.0,
        ge=0,
        le=30,
        description="For so long good faces of nameless tracks wait for others of the same person, "
        "to make a visitor of several tracks; 0: a visitor is made of one track alone",
    )
    templates: int = Field(
        default=3, ge=1, le=20, description="Faces that the system itself keeps of a person"
    )
    photos: int | None = Field(
        default=None,
        ge=1,
        description="Photos by which somebody is enrolled, at most; of more those that are least "
        "like each other. null: all that are given, as somebody chose them",
    )
    update: Literal["never", "average", "exchange"] = Field(
        default="never",
        description="Learn from very sure recognitions: templates move a little towards the face, "
        "or the face takes the place of the one that says least",
    )
    undoable: int | None = Field(
        default=None,
        ge=1,
        description="So many of the latest changes that were learned of a person can be undone; "
        "null: every one, so that each template that was replaced is kept",
    )
    exact_up_to: int | None = Field(
        default=50_000,
        ge=1,
        description="Faces in the gallery up to which all are compared; of more, those whose "
        "sketches are near, see docs/galleries.md; null: always all, exactly",
    )
    consent: Literal["not-needed", "required"] = Field(
        default="not-needed",
        description="required: only those are recognised whose consent was noted with `genesis "
        "people consent`, see docs/consent.md",
    )

    @model_validator(mode="after")
    def _visitors_cannot_consent(self) -> Self:
        if self.visitors and self.consent == "required":
            raise ValueError(
                "visitors true, consent required: somebody unknown cannot have given consent; "
                "set visitors to false, or consent to not-needed"
            )
        return self


class DriftSettings(Section):
    """When a camera's matches are less alike than they used to be, see docs/calibration.md."""

    window: int = Field(default=10_000, ge=1, description="Matches that a mean is taken over")
    drop: Fraction = Field(default=0.08, description="Below the baseline: the camera drifts")
    baseline: Fraction | None = Field(
        default=None, description="Mean similarity at first; unset: that of the first window"
    )
