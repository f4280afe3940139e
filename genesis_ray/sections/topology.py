"""What an operator can say of the ways between cameras."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from genesis_ray.domain.recognition.learned_pairs import PEOPLE
from genesis_ray.domain.recognition.topology import TOLERANCE, Passage, Topology
from genesis_ray.sections.types import Identifier, Seconds, Section

Pair = tuple[Identifier, Identifier]
"""Two cameras."""

Group = Annotated[tuple[Identifier, ...], Field(min_length=1)]
"""Cameras at one place."""

_REMEMBER_S = 4 * 3600.0


class PassageSettings(Section):
    """A way between two cameras whose views do not overlap."""

    between: Pair = Field(description="The cameras, [door, till]; the way goes both ways")
    min_s: Seconds = Field(
        ge=0, description="The quickest that anybody gets from one view into the other"
    )
    max_s: Seconds | None = Field(
        default=None, description="What nobody takes longer for who goes straight; unset: unknown"
    )
    one_way: bool = Field(default=False, description="Only from the first camera to the second")
    firm: bool = Field(
        default=False,
        description="Refuse who takes longer than max_s: there is nowhere to stay on the way, and "
        "no way back unseen, as in a lift or a lock",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.between[0] == self.between[1]:
            raise ValueError(f"expected two cameras, got {self.between[0]} twice")
        if self.max_s is not None and self.min_s > self.max_s:
            raise ValueError(f"min_s {self.min_s:g} > max_s {self.max_s:g} of {self.name}")
        if self.firm and self.max_s is None:
            raise ValueError(f"firm is about max_s, which is not set for {self.name}")
        return self

    @property
    def name(self) -> str:
        """The way as people write it."""
        return f"{self.between[0]} {'->' if self.one_way else '<->'} {self.between[1]}"

    @property
    def directed(self) -> Iterator[Passage]:
        """The way in each of its directions, as the domain knows it."""
        for origin, destination in (self.between, self.between[::-1])[: 2 - self.one_way]:
            yield Passage(
                origin=origin,
                destination=destination,
                least=timedelta(seconds=self.min_s),
                greatest=None if self.max_s is None else timedelta(seconds=self.max_s),
                is_firm=self.firm,
            )


class TopologySettings(Section):
    """How long people take from camera to camera, see docs/gate.md."""

    passages: tuple[PassageSettings, ...] = ()
    overlapping: tuple[Pair, ...] = Field(
        default=(), description="Pairs of cameras that may see one person at the same time"
    )
    apart: tuple[Group, ...] = Field(
        default=(),
        description="Groups of cameras, as those of each building: nobody is in view of cameras of "
        "two groups at once, however long the way between them is",
    )
    apart_after: int | None = Field(
        default=PEOPLE,
        ge=1,
        description="Two cameras of which nothing is said are taken to be apart, too, once so many "
        "people were seen by one after the other, and none by both at once, all of them beyond "
        "doubt; null: never",
    )
    complete: bool = Field(
        default=False,
        description="These are all the ways there are: between other cameras one goes over "
        "several of them, or not at all. Else nothing is known of pairs that do not stand here",
    )
    clock_tolerance_s: Seconds = Field(
        default=TOLERANCE.total_seconds(), ge=0, description="What cameras' clocks may be apart"
    )
    clock_offsets_s: dict[Identifier, Annotated[float, Field(ge=-86_400, le=86_400)]] = Field(
        default={},
        description="By camera, how much later its times are than it was: what its recorder's "
        "clock is fast by, or its live pictures are late by; below 0: slow",
    )
    alert: bool = Field(
        default=True,
        description="Raise an alert where one identity is in two places at once, as with the rule "
        "false-merge, also where alerts has no such rule; at one camera without any topology, too",
    )
    remember_s: Seconds = Field(
        default=_REMEMBER_S, gt=0, description="How long it counts where somebody was seen"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ways = [way for each in self.passages for way in each.directed]
        directed = [(way.origin, way.destination) for way in ways]
        overlapping = [(min(pair), max(pair)) for pair in self.overlapping]
        for one, other in [pair for pair in overlapping if pair[0] == pair[1]]:
            raise ValueError(f"overlapping: expected two cameras, got {one} and {other}")
        _refuse_repeats("passages", directed)
        _refuse_repeats("overlapping", overlapping)
        both = sorted({(min(pair), max(pair)) for pair in directed} & {*overlapping})
        if both:
            raise ValueError(
                f"{' and '.join(both[0])} stand in passages and in overlapping; nobody travels "
                f"between views that overlap"
            )
        self._check_apart(overlapping)
        return self

    def _check_apart(self, overlapping: list[Pair]) -> None:
        if len(self.apart) == 1:
            raise ValueError("apart: expected two groups of cameras or more, got one")
        grouped = [camera_id for group in self.apart for camera_id in group]
        if repeated := sorted({each for each in grouped if grouped.count(each) > 1}):
            raise ValueError(
                f"apart: each camera may stand in one group; repeated: {', '.join(repeated)}"
            )
        for one, other in overlapping:
            if Topology(apart=self.apart).are_apart(one, other):
                raise ValueError(
                    f"{one} and {other} stand in overlapping and in two groups of apart; views "
                    f"that overlap see somebody at once"
                )

    @property
    def cameras(self) -> set[str]:
        """All that are named."""
        named = [each.between for each in self.passages]
        paired = {camera_id for pair in (*named, *self.overlapping) for camera_id in pair}
        grouped = {camera_id for group in self.apart for camera_id in group}
        return paired | grouped | self.clock_offsets_s.keys()

    @property
    def topology(self) -> Topology:
        """The same as the domain knows it."""
        return Topology(
            [way for each in self.passages for way in each.directed],
            overlapping=self.overlapping,
            apart=self.apart,
            is_complete=self.complete,
            tolerance=timedelta(seconds=self.clock_tolerance_s),
            clock_offsets={
                camera_id: timedelta(seconds=offset_s)
                for camera_id, offset_s in self.clock_offsets_s.items()
            },
        )


def _refuse_repeats(what: str, pairs: list[tuple[str, str]]) -> None:
    repeated = sorted({pair for pair in pairs if pairs.count(pair) > 1})
    if repeated:
        pair = " and ".join(repeated[0])
        raise ValueError(f"{what}: each pair of cameras may stand once; repeated: {pair}")
