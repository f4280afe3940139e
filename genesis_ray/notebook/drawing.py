"""Drawing zones, lines and masks on a camera's picture in a notebook, into the configuration."""

import base64
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from genesis_ray import settings_file
from genesis_ray.errors import ConfigurationError, GenesisError
from genesis_ray.running.zones import drawing
from genesis_ray.running.zones.camera_frame import take_frame
from genesis_ray.running.zones.places_file import Drawn, Kind, camera_named, drawn_of
from genesis_ray.sections.zones import Corner
from genesis_ray.settings import Settings
from genesis_ray.vision.places_picture import as_png

_SAVING = {"text": "Saving…", "failed": False}


class PlacesDrawing:
    """One camera's picture to draw on. Show it as the last thing of a cell.

    Its buttons draw, undo and save; what is there can be dragged, once it was clicked. The picture
    shows people, and is in the cell's output: clear that before you hand the notebook on.

    Attributes:
        camera_id: Of the camera.
        widget: What a notebook shows.
    """

    def __init__(
        self,
        config: str | PathLike[str],
        camera_id: str | None = None,
        *,
        at_s: float = 0.0,
    ) -> None:
        """Take a picture of a camera and draw its places on it.

        Args:
            config: The YAML file with the camera.
            camera_id: Which camera; None: the only one.
            at_s: Seconds from the start of a recording.

        Raises:
            ConfigurationError: The file is wrong, or anywidget is not installed.
            NotFoundError: There is no such camera.
            SourceError: It shows no picture.
        """
        self._config = Path(config)
        settings = settings_file.load(self._config)
        camera = camera_named(settings, camera_id)
        self.camera_id = camera.camera_id
        image = take_frame(settings, camera, at_s=at_s)
        try:
            from genesis_ray.notebook.drawing_widget import DrawingWidget
        except ImportError as error:
            raise ConfigurationError(
                "drawing in a notebook wants anywidget: `pip install anywidget`, and start the "
                "notebook again; without one there is `genesis zones edit`"
            ) from error
        content = base64.b64encode(as_png(image)).decode()
        self.widget = DrawingWidget(
            camera_id=self.camera_id,
            file=self._config.name,
            picture=f"data:image/png;base64,{content}",
        )
        self.widget.on_msg(self._on_message)
        self._show(settings)

    @property
    def places(self) -> list[Drawn]:
        """What is drawn now, saved or not."""
        return [drawing.drawn(place) for place in self.widget.places]

    def add(self, name: str, corners: Sequence[Corner], *, kind: Kind = "zone") -> None:
        """Draw a place, as the mouse would.

        Args:
            name: Of the place.
            corners: Of its outline, or the two ends of a line: fractions of width and height.
            kind: What it is.
        """
        added = drawing.shown(Drawn(kind, name, tuple(corners)), is_new=True)
        self.widget.places = [*self.widget.places, added]

    def save(self) -> list[Drawn]:
        """Write what was changed here into the configuration; the same as the button.

        What was moved keeps its settings, what was removed goes. All else in the file stays as it
        is, what came into it since this drawing was made too, and all of it where anything cannot
        work. Returns the places that the camera has then, which are shown.

        Raises:
            ConfigurationError: A place has no name, or two have the same; one was changed here and
                in the file; or of places that cannot work, see `genesis zones check`.
        """
        shown = [drawing.drawn(place) for place in self.widget.saved]
        self._show(drawing.save(self._config, self.camera_id, self.places, shown=shown))
        self.widget.status = {"text": f"Saved in {self._config}.", "failed": False}
        return self.places

    def _on_message(self, _: object, content: Any, __: object) -> None:
        """Do what a button asks for, and tell what came of it where the button is."""
        if content.get("do") != "save":
            return
        # With the places: an update of them may be on its way still.
        self.widget.places = content["places"]
        self.widget.status = _SAVING
        try:
            self.save()
        except GenesisError as error:
            self.widget.status = {"text": f"Not saved: {error}", "failed": True}

    def _show(self, settings: Settings) -> None:
        """Draw the places that are configured, and nothing else."""
        camera = camera_named(settings, self.camera_id)
        shown = [drawing.shown(each) for each in drawn_of(camera)]
        self.widget.saved = shown
        self.widget.places = shown

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)
