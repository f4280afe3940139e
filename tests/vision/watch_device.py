"""Watches a device, stalled after two seconds: `watch_device.py DEVICE FRAMES`.

Prints a line of JSON for each of so many frames: its shape, its mean, and the camera's new states.
"""

import json
import sys
from datetime import timedelta
from itertools import islice

from genesis_ray.domain.streams.stream_health import StreamLimits
from genesis_ray.vision.stream import LiveStream
from genesis_ray.vision.stream_address import StreamAddress

stream = LiveStream(
    StreamAddress(f"device:{sys.argv[1]}"),
    camera_id="desk",
    process_fps=None,
    limits=StreamLimits(stalled_after=timedelta(seconds=2)),
)
for frame in islice(stream, int(sys.argv[2])):
    states = [tuple(news.diagnosis) for news in stream.take_news()]
    print(json.dumps([frame.image.shape, float(frame.image.mean()), states]), flush=True)
stream.close()
