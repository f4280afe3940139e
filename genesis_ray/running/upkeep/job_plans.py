"""Which jobs there are, how often each runs, and who does it."""

from datetime import timedelta

from genesis_ray.domain.load.jobs import JobPlan

ROLLUPS = JobPlan("rollups", every=timedelta(minutes=15))
COMPACTION = JobPlan("compaction", every=timedelta(hours=6), first_after=timedelta(minutes=5))
RETENTION = JobPlan("retention", every=timedelta(days=1), first_after=timedelta(minutes=10))
VERIFICATION = JobPlan(
    "purge-verification", every=timedelta(days=1), first_after=timedelta(minutes=30)
)

PROPOSALS = JobPlan("propose", every=timedelta(days=1), first_after=timedelta(minutes=45))
VISITORS = JobPlan("visitors", every=timedelta(days=1))
PHOTOS = JobPlan("photos", every=timedelta(days=1), first_after=timedelta(minutes=5))
STRAY_PHOTOS = JobPlan("stray-photos", every=timedelta(hours=1), first_after=timedelta(minutes=3))
CLEAN_UP = JobPlan("clean-up", every=timedelta(days=1), first_after=timedelta(hours=1))

SNAPSHOTS = JobPlan("snapshots", every=timedelta(days=1), first_after=timedelta(minutes=20))

LOG_KEEPER = "journal"
FACE_KEEPER = "resolver"
"""Who does jobs in a live system, and what their records are called."""

NAMES = tuple(
    plan.name
    for plan in (
        ROLLUPS,
        COMPACTION,
        RETENTION,
        VERIFICATION,
        PROPOSALS,
        VISITORS,
        PHOTOS,
        STRAY_PHOTOS,
        CLEAN_UP,
        SNAPSHOTS,
    )
)
