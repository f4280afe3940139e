"""What whoever keeps the log of a run does in the background.

Who keeps the faces has jobs too, see `tidying`: only that process may remove some.

What a job works with, DuckDB and LanceDB, is loaded when it is done for the first time: every
process of a system imports this that starts a journal or asks one.
"""

from datetime import UTC, date, datetime

from genesis_ray.domain.load.jobs import JobRecord, Outcome
from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.running.erasure.purged import last_purge
from genesis_ray.running.upkeep.job_plans import (
    CLEAN_UP,
    COMPACTION,
    FACE_KEEPER,
    LOG_KEEPER,
    NAMES,
    PHOTOS,
    PROPOSALS,
    RETENTION,
    ROLLUPS,
    SNAPSHOTS,
    STRAY_PHOTOS,
    VERIFICATION,
    VISITORS,
)
from genesis_ray.running.upkeep.jobs import Job, Jobs
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.tenants import gallery_folder


def run_now(name: str, run: RunFolder, settings: Settings) -> JobRecord:
    """Do a job of a run that no service holds; return what became of it.

    Raises:
        NotFoundError: There is no such job.
        StoreError: A service holds the run.
    """
    if name not in NAMES:
        raise NotFoundError(f"no job {name!r}; there are {', '.join(NAMES)}")
    with EventLog(run.events) as log:
        if name in (VISITORS.name, PHOTOS.name, CLEAN_UP.name):
            from genesis_ray.running.erasure.tidying import face_jobs

            return Jobs(face_jobs(settings), run.jobs, keeper=FACE_KEEPER).run(name)
        jobs = log_jobs(run, log, settings)
        return Jobs(jobs, run.jobs, keeper=LOG_KEEPER).run(name)


def log_jobs(run: RunFolder, log: EventLog, settings: Settings) -> list[Job]:
    """Return the jobs of who keeps the log of a run."""

    def roll_up() -> Outcome:
        from genesis_ray.running.upkeep.rollup_sources import told
        from genesis_ray.running.upkeep.rollups import RunRollups

        done = RunRollups(run).update(before=_today())
        if done.damaged:
            raise StoreError(told(done.damaged))
        days = {"made": done.made, "current": done.current, "sealed": done.sealed}
        return days | ({"files too late": len(done.too_late)} if done.too_late else {})

    def compact() -> Outcome:
        return {"files saved": log.compact(before=_today())}

    def let_go() -> Outcome:
        from genesis_ray.running.erasure.retention import purge

        rows: dict[str, int] = {}
        for each in purge(run, log, settings, at=datetime.now(UTC)):
            rows[each.table] = rows.get(each.table, 0) + each.rows
        return dict(rows)

    return [
        Job(ROLLUPS, roll_up),
        Job(COMPACTION, compact),
        Job(RETENTION, let_go),
        Job(VERIFICATION, lambda: verify(run)),
        Job(PROPOSALS, lambda: propose(run, settings)),
        Job(STRAY_PHOTOS, lambda: sweep_photos(settings)),
        Job(SNAPSHOTS, lambda: take_snapshot(settings)),
    ]


def live_jobs(run: RunFolder, log: EventLog, settings: Settings) -> list[Job]:
    """Return those of the jobs that a live system does by itself.

    One that plays recordings lets go of nothing: they may be of long ago, and are not old. Merges
    are proposed where visitors are made, who are what there is to merge. Snapshots are taken where
    it is set where to. Pictures elsewhere are swept here, and not by who names people, as that may
    take as long as the place has it; also those of a place that is set no more.
    """
    left_out = [] if settings.has_live_cameras else [RETENTION, VERIFICATION]
    if not (settings.faces.enabled and settings.identity.visitors):
        left_out.append(PROPOSALS)
    if not (settings.faces.photos_at or _had_photos_elsewhere(settings)):
        left_out.append(STRAY_PHOTOS)
    if settings.snapshots.folder is None:
        left_out.append(SNAPSHOTS)
    return [job for job in log_jobs(run, log, settings) if job.plan not in left_out]


def take_snapshot(settings: Settings) -> Outcome:
    """Write a snapshot of people and faces, where there are some; return what became of it.

    Raises:
        ConfigurationError: It is not set where to, or into the data folder.
        StoreError: A system does not give way, or the disk is full or refuses.
    """
    from genesis_ray.running.backups.snapshots import take

    if not gallery_folder(settings.data_dir, settings.tenant_id).is_dir():
        return {"bytes": 0, "removed": 0}
    taken = take(settings)
    return {"bytes": taken.file.stat().st_size, "removed": taken.removed}


def propose(run: RunFolder, settings: Settings) -> Outcome:
    """Look for people who may be one, and return how many pairs there are; nobody is merged.

    Who is in them `genesis people propose` lists, so that no list of people lies about.

    Raises:
        StoreError: The tenant's key is lost, or a run is damaged.
    """
    from genesis_ray.running.people.proposals import RISK, find_candidates, is_sure

    if not gallery_folder(settings.data_dir, settings.tenant_id).is_dir():
        return {"proposals": 0, "sure": 0}
    found = find_candidates(settings, [run], most_risk=RISK)
    return {"proposals": len(found), "sure": sum(map(is_sure, found))}


def sweep_photos(settings: Settings) -> Outcome:
    """Remove pictures elsewhere of photos that are gone; return how many.

    Raises:
        StoreError: Some are left, as their place is not reached.
    """
    from genesis_ray.running.enrolling.far_photos import sweep

    done = sweep(settings)
    if done.left:
        raise StoreError(done.told())
    return {"pictures": done.gone}


def _had_photos_elsewhere(settings: Settings) -> bool:
    from genesis_ray.store.tenant.kept_photos import KeptPhotos

    return KeptPhotos(gallery_folder(settings.data_dir, settings.tenant_id)).far.was_used


def verify(run: RunFolder) -> Outcome:
    """Search a run for what its last purge should have taken; return what was searched.

    Raises:
        StoreError: Something is left.
    """
    from genesis_ray.running.erasure.retention import verify_purge

    last = last_purge(run)
    if last is None:
        return {"files": 0, "rows": 0, "residue": 0}
    found = verify_purge(run, last[1])
    left = [f"{each.old} rows of {each.table}" for each in found if each.old]
    left += [f"{path} cannot be read" for each in found for path in each.unreadable]
    if left:
        raise StoreError(f"older than the purge of {last[0].isoformat()} allows: {', '.join(left)}")
    return {
        "files": sum(each.files for each in found),
        "rows": sum(each.rows for each in found),
        "residue": 0,
    }


def _today() -> date:
    return datetime.now(UTC).date()
