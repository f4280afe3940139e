"""The nightly look at who may be one person: it proposes, and merges only what is beyond doubt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.ledger import Merge, WhoIsWho
from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.recognition.proposals import Proposal, mergeable, propose
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.assembly import impostors_of
from genesis_ray.running.people.identities import searched_gallery, who_is_who
from genesis_ray.running.people.presence import Seen, rejected_in, seen_in
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.reach import reach
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.runs.run_folder import RunFolder

RISK = 0.001
"""The most that a pair to be looked at may risk, unless told otherwise."""

MERGE_RISK = 1e-6
"""The most that a merge nobody looked at may risk; and none is made of two who have names."""

BY = "proposal"
"""Who made a merge that nobody looked at, as the ledger has it."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Two people who may be one, and what is known of each.

    Attributes:
        sights: How many tracks each was, in the runs looked at.
        last: When each was last named in them; None: not.
    """

    people: tuple[Person, Person]
    sights: tuple[int, int]
    last: tuple[datetime | None, datetime | None]
    proposal: Proposal


def find_candidates(
    settings: Settings, runs: Sequence[RunFolder], *, most_risk: float
) -> list[Candidates]:
    """Return who may be one person, the surest first; nobody who cannot be by these runs.

    Nor those of whom somebody said they are not, by whatever run that is known.

    Raises:
        StoreError: The tenant's key is lost, or a run is damaged.
    """
    who = who_is_who(settings)
    seen = seen_in(runs, who, settings.tenant_id)
    cannot = seen.cannot | rejected_in(_others(settings, runs), who, settings.tenant_id)
    found = propose(
        _templates(settings, who),
        impostors_of(settings.faces),
        most_risk=most_risk,
        cannot=cannot | who.apart,
    )
    return [_candidates(each, who, seen) for each in found]


def merge_sure(
    settings: Settings, runs: Sequence[RunFolder], candidates: Sequence[Candidates]
) -> list[Merge]:
    """Merge those of them whose risk is at most `MERGE_RISK`, and return the entries made.

    Raises:
        ConfigurationError: No run tells who was seen with whom.
        StoreError: Somebody else is deciding.
    """
    if not runs:
        raise ConfigurationError(
            "no run tells who was seen together, so nothing is merged; name one with --run DIR"
        )
    proposals = [each.proposal for each in candidates if is_sure(each)]
    made = []
    with Repairs(settings, by=BY, why="") as repairs:
        seen = seen_in(runs, repairs.who, settings.tenant_id)
        rejected = rejected_in(_others(settings, runs), repairs.who, settings.tenant_id)
        cannot = seen.cannot | rejected | repairs.who.apart
        for each in mergeable(proposals, most_risk=MERGE_RISK, cannot=cannot):
            why = f"similarity {each.similarity:.3f}, risk {each.risk:.1g}"
            made.append(repairs.merge(each.one, each.other, why=why))
    return made


def is_sure(candidates: Candidates) -> bool:
    """Tell whether two are beyond doubt one person, so that `--apply` may merge them."""
    is_visitor = any(person.kind == "visitor" for person in candidates.people)
    return is_visitor and candidates.proposal.risk <= MERGE_RISK


def _others(settings: Settings, runs: Sequence[RunFolder]) -> list[RunFolder]:
    """Return the runs that were made with the data folder, as far as they are there, but `runs`."""
    looked_at = {run.path.resolve() for run in runs}
    return [run for run in reach(settings).runs if run.path.resolve() not in looked_at]


def _candidates(proposal: Proposal, who: WhoIsWho, seen: Seen) -> Candidates:
    """Return a proposal with who it is about, whoever would survive first."""
    one, other = sorted(
        (who.person(proposal.one), who.person(proposal.other)),
        key=lambda each: (each.kind != "enrolled", each.enrolled_at, each.identity_id),
    )
    ids = one.identity_id, other.identity_id
    return Candidates(
        people=(one, other),
        sights=(seen.sights.get(ids[0], 0), seen.sights.get(ids[1], 0)),
        last=(seen.last.get(ids[0]), seen.last.get(ids[1])),
        proposal=proposal,
    )


def _templates(settings: Settings, who: WhoIsWho) -> dict[str, npt.NDArray[np.float32]]:
    """Return the templates [n, dimension] of everybody who has some, by who they are now."""
    gallery = searched_gallery(
        settings,
        who,
        tenant_keys(settings),
        access=Access(action="propose", reason="compares people, to propose merges"),
    )
    own: dict[str, list[npt.NDArray[np.float32]]] = {each.identity_id: [] for each in who.people}
    for identity_id, templates in gallery.by_identity().items():
        own.get(who.now(identity_id), []).append(templates)
    return {present: np.concatenate(each) for present, each in own.items() if each}
