"""Lists of the zones that somebody entered, as long as those of `domain.zone_entries`, in SQL."""

from genesis_ray.domain.places.zone_entries import MOST_IN_ORDER


def bounded(zone_ids: str) -> str:
    """Return SQL for the first thousand of a list, and of each further zone its first.

    Args:
        zone_ids: A column that is a list, in order of time.
    """
    return (
        f"list_filter({zone_ids}, lambda zone_id, place: "
        f"place <= {MOST_IN_ORDER} OR list_position({zone_ids}, zone_id) = place)"
    )
