"""What watching costs one machine: measured, and where that cannot be, assumed.

Processor time is in core-seconds: seconds of one core, of all threads together.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCosts:
    """What the processes of the live system cost beyond the work itself; assumed, not measured.

    Together they are what `genesis run` took more than `genesis run --local` in
    benchmarks/README.md: 1 / 46.8 - 1 / 57.9 seconds a frame of two cores are 8 core-milliseconds,
    with one camera and up to 16 frames a request. The parts are an estimate.

    Attributes:
        idle_cores: What Ray's own processes use of the processor when nothing happens.
        frame_s: Core-seconds to hand a frame from process to process.
        request_s: Core-seconds for a request to the detector and the report that follows.
    """

    idle_cores: float = 0.15
    frame_s: float = 0.003
    request_s: float = 0.030


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCosts:
    """What the processes of a live system hold, in bytes.

    The defaults are from benchmarks/README.md: all processes of a live run 2.31 GB at the highest
    (PSS), of which the process with the one camera had 448 MB.

    Attributes:
        system: All that is there once a node: Ray, detector, embedder, resolver, journal.
        group: A process that hosts cameras, without any.
        camera: A camera in it: its decoder and the frames under way.
    """

    system: float = 1_860e6
    group: float = 390e6
    camera: float = 60e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What the work costs on one machine.

    In seconds of one core, of all threads together, unless it says otherwise.

    Attributes:
        decode_s: A frame that the camera sends, whether it is looked at or not.
        prepare_s: A frame looked at: its pixels, and the detector's input made of them.
        detect_s: A frame looked at.
        device_s: Seconds that a frame keeps the detector's own device busy; 0 where it has none.
        track_s: A frame without people.
        person_s: Each person in a frame, for the tracker and the rules.
        face_s: A look at a face: found, aligned, embedded.
        write_s: A frame, in resolver, journal and log.
        together: By how much all this costs more when everything runs at once, as a factor.
    """

    decode_s: float
    prepare_s: float
    detect_s: float
    track_s: float
    person_s: float
    face_s: float
    write_s: float
    device_s: float = 0.0
    together: float = 1.0
    live: LiveCosts = LiveCosts()
    memory: MemoryCosts = MemoryCosts()

    def __post_init__(self) -> None:
        parts = (self.decode_s, self.prepare_s, self.device_s, self.track_s, self.person_s)
        if self.detect_s <= 0 or min(*parts, self.face_s, self.write_s) < 0 or self.together < 1:
            raise ValueError(
                f"expected costs of 0 or more, more than 0 to detect, and a factor of at least 1 "
                f"for all together, got {self}"
            )
