"""From settings to the rules of alerts, with what is known before the first event."""

import logging
from datetime import UTC, datetime, timedelta

from genesis_ray.domain.alerting.alert_anomalies import UnusualInView
from genesis_ray.domain.alerting.alert_hours import ToldBefore, UnusualHours
from genesis_ray.domain.alerting.alert_people import RepeatVisitor, Tagged
from genesis_ray.domain.alerting.alert_queues import LongMeanWait
from genesis_ray.domain.alerting.alert_rules import AlertRule, Condition
from genesis_ray.domain.alerting.alert_system import (
    CameraDown,
    Degraded,
    Drifting,
    FalseMerges,
    SetAside,
)
from genesis_ray.domain.alerting.alert_zones import (
    Limit,
    TooLongInZone,
    TooManyInView,
    TooManyInZone,
    Where,
)
from genesis_ray.domain.clocks.site_time import zone_named
from genesis_ray.domain.figures.anomalies import RecentPolicy, WeeklyPolicy
from genesis_ray.domain.recognition.tags import NO_TAGS, TagsOf
from genesis_ray.errors import GenesisError
from genesis_ray.pipeline.alerting import Alerting
from genesis_ray.running.past_visits import visits_since
from genesis_ray.sections.alerts import (
    AlertRuleSettings,
    AnomalyRule,
    CameraDownRule,
    CrowdRule,
    DeadLetterRule,
    DegradedRule,
    DriftRule,
    LoiteringRule,
    QueueRule,
    RepeatVisitorRule,
    StaffOnlyRule,
    TagRule,
    UnusualHourRule,
    WaitRule,
)
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.lance.table_news import TableNews
from genesis_ray.store.tenant.tenants import LEDGER, TAGS, gallery_folder

_TOLD_WITHIN = timedelta(seconds=1)
"""After a move has settled, its frame has been told by then."""

_log = logging.getLogger(__name__)


def build_alerting(settings: Settings, past: RunTables | None = None) -> Alerting:
    """Set up what alerts a tenant; `past` are events whose visits count as earlier ones.

    Whoever has a tag counts as they were tagged when this is called, until `TagNews` tells.
    """
    rules = settings.alert_rules
    tags = _tags(settings) if _goes_by_tags(settings) else NO_TAGS
    return Alerting(
        tenant_id=settings.tenant_id,
        site_id=settings.site_id,
        rules=[(_rule(each), _condition(each, settings, tags, past)) for each in rules],
    )


def _rule(rule: AlertRuleSettings) -> AlertRule:
    return AlertRule(
        rule_id=rule.rule_id,
        severity=rule.told_as,
        cool_down=timedelta(seconds=rule.cool_down_s),
        escalate_after=None if rule.escalate_s is None else timedelta(seconds=rule.escalate_s),
    )


def _condition(
    rule: AlertRuleSettings, settings: Settings, tags: TagsOf, past: RunTables | None
) -> Condition:
    lag = timedelta(seconds=settings.settle_s) + _TOLD_WITHIN
    match rule:
        case QueueRule():
            limit = Limit(over=rule.over, lasting=timedelta(seconds=rule.for_s))
            return TooManyInZone(_where(rule, lag), limit)
        case CrowdRule():
            limit = Limit(over=rule.limit, lasting=timedelta(seconds=rule.for_s))
            kind = TooManyInView if rule.zone_id is None else TooManyInZone
            return kind(_where(rule, lag), limit)
        case WaitRule(of="mean"):
            return LongMeanWait(
                _where(rule, lag),
                timedelta(seconds=rule.over_s),
                service_zone_id=rule.service_zone_id,
                handover=timedelta(seconds=rule.handover_s),
                window=timedelta(seconds=rule.window_s),
            )
        case WaitRule():
            longest = timedelta(seconds=rule.over_s)
            return TooLongInZone(_where(rule, lag), longest, wording="waits", each=False)
        case LoiteringRule():
            return TooLongInZone(
                _where(rule, lag), timedelta(seconds=rule.over_s), wording="has been"
            )
        case StaffOnlyRule():
            return TooLongInZone(
                _where(rule, lag),
                timedelta(seconds=rule.for_s),
                wording=f"not known as {rule.tag} has been",
                exempt_tag=rule.tag,
                tags=tags,
            )
        case TagRule():
            return Tagged(rule.wanted, tags)
        case RepeatVisitorRule():
            within = timedelta(days=rule.days)
            since = datetime.now(UTC) - within
            visits = visits_since(past, settings, since) if past else ()
            return RepeatVisitor(rule.visits, within, visits)
        case CameraDownRule():
            return CameraDown(rule.camera_id, timedelta(seconds=rule.for_s))
        case AnomalyRule():
            policy = RecentPolicy(
                window=rule.window, threshold=rule.threshold, least_samples=rule.warm_up
            )
            return UnusualInView(Where(camera_id=rule.camera_id), policy, rule.side)
        case UnusualHourRule():
            return UnusualHours(
                Where(camera_id=rule.camera_id),
                zone_named(settings.time_zone),
                weekly := WeeklyPolicy(
                    weeks=rule.weeks, threshold=rule.threshold, least_weeks=rule.warm_up
                ),
                rule.side,
                _hours_before(past, settings, weekly, rule.camera_id),
            )
        case DriftRule():
            return Drifting(rule.camera_id)
        case DegradedRule():
            return Degraded()
        case DeadLetterRule():
            return SetAside(rule.camera_id, rule.over, timedelta(seconds=rule.within_s))
        case _:
            return FalseMerges()


def _where(
    rule: QueueRule | WaitRule | CrowdRule | LoiteringRule | StaffOnlyRule, lag: timedelta
) -> Where:
    return Where(camera_id=rule.camera_id, zone_id=rule.zone_id, lag=lag)


def _goes_by_tags(settings: Settings) -> bool:
    return any(isinstance(rule, StaffOnlyRule | TagRule) for rule in settings.alert_rules)


def _tags(settings: Settings) -> TagsOf:
    # Here, because galleries take memory, and no other rule needs them.
    from genesis_ray.running.people.tags import tags_of_all

    return tags_of_all(settings)


class TagNews:
    """People's tags, as somebody changes them while alerts are watched for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folder = gallery_folder(settings.data_dir, settings.tenant_id)
        self._news = TableNews(folder, (TAGS, LEDGER)) if _goes_by_tags(settings) else None

    def look(self) -> TagsOf | None:
        """Return the tags there are now; None where no rule goes by them, or none changed.

        What cannot be read is tried the next time.
        """
        if self._news is None or not self._news.look():
            return None
        try:
            return _tags(self._settings)
        except GenesisError as error:
            _log.error("people's tags are not taken in yet: %s", error)
            self._news.look_again()
            return None


def _hours_before(
    past: RunTables | None, settings: Settings, policy: WeeklyPolicy, camera_id: str | None
) -> ToldBefore:
    """Return what the log tells of cameras' hours, up to now."""
    if past is None:
        return ToldBefore()
    from genesis_ray.analytics.unusual_hours import hours_so_far  # as DuckDB takes memory
    from genesis_ray.running.questions.history import present_tables

    return hours_so_far(
        present_tables(past.events, settings, settings.tenant_id),
        policy,
        until=datetime.now(UTC),
        time_zone=settings.time_zone,
        camera_ids=None if camera_id is None else [camera_id],
    )
