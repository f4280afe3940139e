import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from genesis_ray.running.local import run_local
from genesis_ray.running.result import summary
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.identity import IdentitySettings
from genesis_ray.sections.models import DetectorSettings, FaceSettings
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    """A run of synthetic film, in which everybody is a visitor."""
    folder = tmp_path_factory.mktemp("notebook")
    settings = Settings(
        data_dir=folder / "data",
        detector=DetectorSettings(model="synthetic"),
        faces=FaceSettings(embedder="synthetic", min_person_width=10, min_quality=0),
        identity=IdentitySettings(visitors=True),
        cameras=(CameraSettings(camera_id="hall", source="synthetic:?people=3&seconds=8"),),
    )
    run = RunFolder.create(folder / "run")
    result = run_local(settings, run, on_progress=lambda _: None)
    run.write_summary(summary(settings, result))
    return run


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A temporary folder with so short a name that Ray's sockets can be in it."""
    with tempfile.TemporaryDirectory(prefix="nb", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


MARKS = {"reprocessing_an_archive": [pytest.mark.ray, pytest.mark.models, pytest.mark.timeout(600)]}


def named(path: Path):
    return pytest.param(path, id=path.stem, marks=MARKS.get(path.stem, []))


ALL = [named(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]


@pytest.mark.parametrize("notebook", ALL)
def test_a_notebook_runs_from_start_to_end_and_complains_of_nothing(
    notebook, run, monkeypatch, short_folder
):
    monkeypatch.setenv("GENESIS_RUN", str(run.path))
    monkeypatch.setenv("TMPDIR", str(short_folder))
    content = nbformat.read(notebook, as_version=4)
    NotebookClient(content, timeout=300, resources={"metadata": {"path": NOTEBOOKS}}).execute()
    outputs = [each for cell in content.cells for each in cell.get("outputs", [])]
    shown = [each.data for each in outputs if "data" in each]
    named = [data for data in shown if "<Figure" in data.get("text/plain", "")]
    assert [data for data in named if "image/png" not in data] == []  # a name is no picture
    said = [each.text for each in outputs if each.get("name") == "stderr"]
    assert [text for text in said if "logging.cc" not in text] == []  # but for what Ray says


@pytest.mark.parametrize("notebook", ALL)
def test_a_notebook_is_kept_without_what_it_showed(notebook):
    content = nbformat.read(notebook, as_version=4)
    assert [cell for cell in content.cells if cell.get("outputs")] == []
