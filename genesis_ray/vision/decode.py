"""Video files, decoded with PyAV."""

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path

import av
import cv2
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from genesis_ray.domain.streams.addresses import redacted
from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import SourceError
from genesis_ray.vision.hardware_decoding import Decoder, open_container, pixels

_USUAL_FPS = 25.0  # of a file that does not say
_FASTEST_FPS = 999  # some files of variable rate give the ticks of their clock for it
_NEW_START_S = 1  # a larger step back in time is a new start of the clock, a smaller one damage
_MISSING_S = 0.5  # what a header promises and a whole file holds differ by less
_WARM_UP_S = 10
"""How long before a mark decoding begins: a picture may need what came before its key frame."""

_NOT_MOVING = re.compile("^(tty|image2|concat|hls)$|_pipe$")  # text, pictures, lists of files
_MATROSKA_LENGTH = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class FileMark:
    """Where a video file is, right behind one of its frames.

    Attributes:
        pts: Of that frame, in the stream's time base.
        begin_s: What the stream's clock showed at the first frame.
        last_s: Time of that frame since the first.
        count: Frames so far, that one included.
        damage: Packets and frames that were lost or damaged so far.
    """

    pts: int
    begin_s: Fraction
    last_s: Fraction
    count: int
    damage: tuple[int, int]


class VideoFile:
    """A video file, played once.

    Damaged parts are left out, or shown as the decoder mends them, and told in `problem`.
    Decoding stays on the calling thread: frame threads are faster on an idle machine, but
    cost a tenth more processor time a frame and lose the frames just before any damage.

    Attributes:
        width: Pixels, after the turn that phones ask for.
        height: The same.
        fps: The mean rate; each frame has its own time.
        frame_count: About how many frames there are, where the file says so.
        started_at: When the recording began, where the file says so.
        problem: What was wrong with the file, known once it has been played.
        mark: Where it is, behind the frame that was yielded last; None where its clock began anew,
            and before the first.
    """

    mark: FileMark | None = None

    def __init__(self, path: Path, *, decoder: Decoder = "software") -> None:
        """Open `path` and decode its first frame; raises SourceError."""
        self._container, self._stream = _open(path, decoder)
        self._time_base = self._stream.time_base or Fraction(1, 90_000)
        self._packets_lost = self._frames_damaged = 0
        self._cut_off = False  # the file ended within a packet, or could not be read on
        self._decoded = self._decode()
        first = next(self._decoded, None)
        if first is None:
            self.close()
            raise SourceError(
                f"{path}: expected a video, found no frame that can be decoded; copy it again"
            )
        self._first = first
        self._reformatter = VideoReformatter()
        self._coded_size = first.width, first.height
        self._quarter_turns = round(first.rotation / 90) % 4  # counter-clockwise
        turned = self._quarter_turns in (1, 3)
        self.width, self.height = self._coded_size[::-1] if turned else self._coded_size
        self.fps = _fps(self._stream)
        self._indexed_frames = self._stream.frames
        self._length_s = _length_s(self._container, self._stream)
        self.frame_count = self._indexed_frames or round((self._length_s or 0) * self.fps) or None
        self.started_at = _creation_time(self._container.metadata)
        self.problem: str | None = None

    def go_to(self, mark: FileMark) -> bool:
        """Have `frames` begin behind a frame, without decoding all before it.

        Tell whether that frame was found: where not, as in a file without an index, or in its first
        seconds, this has to be opened anew.
        """
        early = mark.pts - int(_WARM_UP_S / self._time_base)
        if self._first.pts is None or early <= self._first.pts:
            return False
        try:
            self._container.seek(early, stream=self._stream)
        except av.FFmpegError:
            return False
        self._decoded.close()
        self._decoded = self._decode()
        for frame in self._decoded:
            if frame.pts is None or frame.pts > mark.pts:
                return False
            if frame.pts == mark.pts:
                self.mark = mark
                self._packets_lost, self._frames_damaged = mark.damage
                return True
        return False

    def frames(self) -> Iterator[tuple[timedelta, Callable[[], Image]]]:
        """Yield the time of each frame since the first, and a call that makes its pixels.

        Times rise from frame to frame.
        """
        usual_s = Fraction(1 / self.fps).limit_denominator(100_000)
        begin_s: Fraction | None = None
        last_s = end_s = -usual_s
        count, begun = 0, 0
        frames = chain([self._first], self._decoded)
        if self.mark:
            begin_s, last_s, count, begun = self.mark.begin_s, self.mark.last_s, self.mark.count, 1
            end_s, frames = last_s + usual_s, chain(self._decoded)
        for frame in frames:
            if frame.pts is None:
                at_s = last_s + usual_s
            else:
                stamp_s = frame.pts * self._time_base
                if begin_s is None or stamp_s - begin_s < last_s - _NEW_START_S:
                    begin_s = stamp_s - last_s - usual_s
                    begun += 1
                at_s = stamp_s - begin_s
            if at_s <= last_s:
                self._frames_damaged += 1
                continue
            last_s, end_s = at_s, at_s + max(frame.duration * self._time_base, usual_s)
            count += 1
            self.mark = None
            if begin_s is not None and frame.pts is not None and begun == 1:
                damage = self._packets_lost, self._frames_damaged
                self.mark = FileMark(frame.pts, begin_s, last_s, count, damage)
            yield timedelta(microseconds=round(at_s * 1_000_000)), partial(self._pixels, frame)
        self.problem = self._describe_damage(count, float(end_s))

    def close(self) -> None:
        """Release the file and the decoder."""
        self._decoded.close()
        self._container.close()

    def _decode(self) -> Generator[VideoFrame, None, None]:
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    self._cut_off = packet.is_corrupt
                yield from self._frames_of(packet)
        except av.FFmpegError:
            self._cut_off = True
            yield from self._frames_of(None)

    def _frames_of(self, packet: "Packet[VideoStream] | None") -> Iterator[VideoFrame]:
        """Decode a packet; None asks for the frames that the decoder still holds."""
        try:
            frames = self._stream.decode(packet)
        except av.FFmpegError:
            self._packets_lost += 1
            return
        for frame in frames:
            self._frames_damaged += frame.is_corrupt
            yield frame

    def _pixels(self, frame: VideoFrame) -> Image:
        # Of the first frame's size, also where a stream changes its own.
        return pixels(
            frame, self._reformatter, size=self._coded_size, quarter_turns=self._quarter_turns
        )

    def _describe_damage(self, count: int, end_s: float) -> str | None:
        too_short = (
            self._length_s is not None
            and self._length_s - end_s > max(_MISSING_S, 1.5 / self.fps)
            and not count + self._packets_lost >= self._indexed_frames > 0
        )
        notes = []
        if self._cut_off or too_short:
            total = f" of about {self.frame_count}" if self.frame_count else ""
            notes.append(f"truncated after frame {count}{total}")
        if self._packets_lost:
            notes.append(f"damaged packets skipped: {self._packets_lost}")
        if self._frames_damaged:
            notes.append(f"damaged frames: {self._frames_damaged}")
        return "; ".join(notes) or None


def _open(path: Path, decoder: Decoder) -> tuple[InputContainer, VideoStream]:
    """Open the first moving stream of a file."""
    if not path.exists():
        name = redacted(str(path))  # of what may have been meant as an address
        raise SourceError(f"{name}: no such file; check the spelling and the folder")
    if path.is_dir():
        raise SourceError(
            f"{path}: expected a video file, found a folder; name a file in it, "
            "or read them all with `genesis reprocess`"
        )
    try:
        # Absolute, because a name with a colon in it would be taken for an address.
        container = open_container(path.absolute(), decoder=decoder)
    except av.FFmpegError as error:
        found = _what_it_is(path) or f"something else ({error.strerror}); convert or copy it again"
        raise SourceError(f"{path}: expected a video, found {found}") from error
    # The cover of a piece of music is a video stream too, of one still picture.
    moving = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if moving and not _NOT_MOVING.search(container.format.name):
        moving[0].codec_context.thread_count = 1
        return container, moving[0]
    kinds = ", ".join(sorted({stream.type for stream in container.streams}))
    container.close()
    found = _what_it_is(path) or f"no video stream, only {kinds}; give a file that has pictures"
    raise SourceError(f"{path}: expected a video, found {found}")


def _what_it_is(path: Path) -> str | None:
    """Say what a file that is no video is, and the remedy, as far as its bytes tell."""
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        return f"a file that cannot be read ({error.strerror}); change its permissions"
    if not head:
        return "an empty file; record or copy it again"
    if cv2.haveImageReader(str(path)):
        return f"a picture; to pan over it give photo:{path}"
    if head[4:8] == b"ftyp":
        return (
            "an MP4 whose index is missing, as when its end was cut off: nothing in it can be "
            "read; copy it again, and let recorders write Matroska or fragmented MP4"
        )
    with suppress(UnicodeDecodeError):
        if all(character.isprintable() or character.isspace() for character in head.decode()):
            return "text; give a video file"
    return None


def _fps(stream: VideoStream) -> float:
    rates = (stream.average_rate, stream.guessed_rate)
    return next((float(rate) for rate in rates if rate and rate <= _FASTEST_FPS), _USUAL_FPS)


def _length_s(container: InputContainer, stream: VideoStream) -> float | None:
    """Return the least of the lengths that the headers state.

    The stream's own may count what an edit list hides, the file's may count longer sound.
    """
    lengths = []
    if stream.duration and stream.time_base:
        lengths.append(float(stream.duration * stream.time_base))
    if container.duration:
        lengths.append(container.duration / av.time_base)
    if match := _MATROSKA_LENGTH.fullmatch(stream.metadata.get("DURATION", "")):
        hours, minutes, seconds = map(float, match.groups())
        lengths.append(hours * 3600 + minutes * 60 + seconds)
    return min(lengths, default=None)


def _creation_time(metadata: Mapping[str, str]) -> datetime | None:
    try:
        created = datetime.fromisoformat(metadata.get("creation_time", ""))
    except ValueError:
        return None
    return created.replace(tzinfo=created.tzinfo or UTC).astimezone(UTC)
