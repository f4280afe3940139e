"""The metric families, declared once: what each is called, and what it tells."""

from typing import Literal, NamedTuple


class Family(NamedTuple):
    """A metric, with a sample for each combination of its labels."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    labels: tuple[str, ...] = ()


INFO = Family("genesis_build_info", "gauge", "1, labelled with the version.", ("version",))
READY = Family("genesis_ready", "gauge", "1 when sources are open and replicas are up, else 0.")
CAMERA_ACTIVE = Family(
    "genesis_camera_active", "gauge", "1 while the camera gives frames, else 0.", ("camera_id",)
)
CAMERA_STATE = Family(
    "genesis_camera_state",
    "gauge",
    "1 for the state that a live stream is in (connecting, online, stalled, frozen, ...), with the "
    "reason as a code (refused, unauthorised, ...), which is empty where nothing is wrong.",
    ("camera_id", "state", "reason"),
)
CLOCK_OFFSET = Family(
    "genesis_camera_clock_offset_seconds",
    "gauge",
    "What a live stream's own clock gained on this machine's since it was connected to, and dates "
    "are corrected by; below 0 what it lost.",
    ("camera_id",),
)
FRAMES = Family("genesis_frames_processed_total", "counter", "Frames looked at.", ("camera_id",))
DROPS = Family(
    "genesis_frames_dropped_total",
    "counter",
    "Frames not looked at, by the reason.",
    ("camera_id", "reason"),
)
STAGES = Family(
    "genesis_stage_seconds_total",
    "counter",
    "Seconds spent in a stage, over all threads and cameras; stages overlap.",
    ("stage",),
)
EVENTS = Family("genesis_events_total", "counter", "Events logged, by their class.", ("event",))
SYSTEM = Family(
    "genesis_system_states_total",
    "counter",
    "States that parts of the system came into: restarted, recovered, slowed, failed, ...",
    ("component", "state"),
)
WAITING = Family(
    "genesis_reports_waiting",
    "gauge",
    "Reports of a camera group that resolver and journal have not taken yet.",
    ("group",),
)
PLACED = Family(
    "genesis_group_placed",
    "gauge",
    "1 while a camera group is on a node, 0 while it waits for one that has room.",
    ("group",),
)
WAITS_FOR_ROOM = Family(
    "genesis_keeper_waits_for_room",
    "gauge",
    "1 while the journal or the resolver waits for room on a full disk, else 0.",
    ("keeper",),
)
LATENCY = Family(
    "genesis_report_latency_seconds",
    "gauge",
    "From the capture of a report's last frame until the log has it, of the latest reports.",
    ("quantile",),
)
LATE = Family(
    "genesis_events_late_total", "counter", "Groups of events that came after their turn."
)
DEAD_LETTERS = Family(
    "genesis_dead_letters_total",
    "counter",
    "Frames and recordings set aside because they failed again and again, by the stage.",
    ("unit", "stage"),
)
REJECTIONS = Family(
    "genesis_gate_rejections_total",
    "counter",
    "Names refused to tracks because their bearers cannot be there, by the reason.",
    ("reason",),
)
FALSE_MERGES = Family(
    "genesis_false_merges_total",
    "counter",
    "Pairs of tracks in view at once, where nobody is twice, that are one identity.",
)
REPLICAS = Family("genesis_replicas", "gauge", "Replicas of a model that are up.", ("model",))
DETECTOR_OUT_OF_MEMORY = Family(
    "genesis_detector_out_of_memory_total",
    "counter",
    "Batches that did not fit in a replica's GPU memory and were halved or given up.",
    ("replica",),
)
DETECTOR_ON_PROCESSOR = Family(
    "genesis_detector_on_processor",
    "gauge",
    "1 since a replica gave up its GPU, whose memory is full, for the processor, else 0.",
    ("replica",),
)
EMBEDDER_OUT_OF_MEMORY = Family(
    "genesis_embedder_out_of_memory_total",
    "counter",
    "Batches that did not fit in a replica's GPU memory and were halved or given up.",
    ("replica",),
)
EMBEDDER_ON_PROCESSOR = Family(
    "genesis_embedder_on_processor",
    "gauge",
    "1 since a replica gave up its GPU, whose memory is full, for the processor, else 0.",
    ("replica",),
)
GALLERY = Family("genesis_gallery_faces", "gauge", "Faces in the gallery.")
SKETCHED = Family(
    "genesis_gallery_sketched",
    "gauge",
    "1 while sketches choose which faces are compared, 0 while all are.",
)
SAMPLED = Family(
    "genesis_gallery_searches_sampled_total",
    "counter",
    "Searches by sketches done again exactly, by whether they gave the most similar identity.",
    ("result",),
)
SAMPLED_IDENTITIES = Family(
    "genesis_gallery_identities_sampled_total",
    "counter",
    "Most similar identities of those searches, by whether sketches gave them too.",
    ("result",),
)
MATCH_SIMILARITY = Family(
    "genesis_match_similarity_mean",
    "gauge",
    "Mean similarity of a camera's latest matches, a window of them at most.",
    ("camera_id",),
)
DRIFTING = Family(
    "genesis_match_similarity_drifting",
    "gauge",
    "1 while that is too far below what it was at first, else 0.",
    ("camera_id",),
)
LINE_PASSAGES = Family(
    "genesis_line_passages_total",
    "counter",
    "Times that somebody went over a line, by the direction.",
    ("camera_id", "line_id", "direction"),
)
LINE_PEOPLE = Family(
    "genesis_line_people_total",
    "counter",
    "People who did: who is back before a visit is over is nobody else.",
    ("camera_id", "line_id", "direction"),
)
ZONE_PEOPLE = Family(
    "genesis_zone_people", "gauge", "People in a zone now.", ("camera_id", "zone_id")
)
ZONE_DENSITY = Family(
    "genesis_zone_people_per_square_metre",
    "gauge",
    "The same by the zone's area_m2, where that is set.",
    ("camera_id", "zone_id"),
)
DELIVERIES = Family(
    "genesis_alert_deliveries_total",
    "counter",
    "Attempts to tell of an alert, by the kind of channel and whether it was delivered, is to be "
    "tried again or was set_aside.",
    ("channel", "result"),
)
DELIVERIES_WAITING = Family(
    "genesis_alert_deliveries_waiting",
    "gauge",
    "Alerts that wait to be delivered, also for their first attempt.",
    ("channel",),
)
DELIVERY_AGE = Family(
    "genesis_alert_delivery_oldest_waiting_seconds",
    "gauge",
    "How long the one that waits longest has been waiting, 0 where none does.",
    ("channel",),
)

FAMILIES = (
    INFO,
    READY,
    CAMERA_ACTIVE,
    CAMERA_STATE,
    CLOCK_OFFSET,
    FRAMES,
    DROPS,
    STAGES,
    EVENTS,
    LINE_PASSAGES,
    LINE_PEOPLE,
    ZONE_PEOPLE,
    ZONE_DENSITY,
    SYSTEM,
    WAITING,
    PLACED,
    WAITS_FOR_ROOM,
    LATENCY,
    LATE,
    MATCH_SIMILARITY,
    DRIFTING,
    DEAD_LETTERS,
    REJECTIONS,
    FALSE_MERGES,
    REPLICAS,
    DETECTOR_OUT_OF_MEMORY,
    DETECTOR_ON_PROCESSOR,
    EMBEDDER_OUT_OF_MEMORY,
    EMBEDDER_ON_PROCESSOR,
    GALLERY,
    SKETCHED,
    SAMPLED,
    SAMPLED_IDENTITIES,
    DELIVERIES,
    DELIVERIES_WAITING,
    DELIVERY_AGE,
)
"""All there are."""
