"""The widget that a notebook shows for drawing: the state it shares with its page's script."""

import anywidget
import traitlets

from genesis_ray.running.zones.drawing import SCRIPT, STYLE


class DrawingWidget(anywidget.AnyWidget):
    """A picture with places on it.

    Attributes:
        camera_id: Whose picture.
        file: The name of the configuration's file.
        picture: The picture, as a `data:` address.
        places: What is drawn: dicts with kind, name, corners (fractions of width and height) and
            is_new, whether it can still be given another name.
        saved: What of it the file has.
        status: What came of saving: `text`, and whether it `failed`.
    """

    _esm = SCRIPT
    _css = STYLE

    camera_id = traitlets.Unicode().tag(sync=True)
    file = traitlets.Unicode().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    places = traitlets.List(traitlets.Dict()).tag(sync=True)
    saved = traitlets.List(traitlets.Dict()).tag(sync=True)
    status = traitlets.Dict(default_value={"text": "", "failed": False}).tag(sync=True)
