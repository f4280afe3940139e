import numpy as np
import pytest

from genesis_ray.domain.tracking.detections import Detections, Tracks
from genesis_ray.errors import StoreError
from genesis_ray.evaluation.mot_file import (
    TrackedBoxes,
    read_ground_truth,
    read_predictions,
    write_predictions,
)


@pytest.fixture
def file(tmp_path):
    def write(text: str):
        path = tmp_path / "gt.txt"
        path.write_text(text)
        return path

    return write


def tracks(*rows: tuple[int, tuple[float, float, float, float], float]) -> Tracks:
    return Tracks(
        Detections(
            np.array([box for _, box, _ in rows], np.float32).reshape(-1, 4),
            np.array([confidence for *_, confidence in rows], np.float32),
        ),
        np.array([track_id for track_id, *_ in rows], np.int64),
    )


def test_rows_come_in_order_of_frame_and_id(file):
    boxes = read_ground_truth(file("2,1,10,20,30,40,1\n1,9,1.5,2,3,4,1\n1,-2,1,2,3,4,1\n"))
    assert boxes.frame.tolist() == [1, 1, 2]
    assert boxes.track_id.tolist() == [-2, 9, 1]
    assert boxes.ltwh.tolist() == [[1, 2, 3, 4], [1.5, 2, 3, 4], [10, 20, 30, 40]]


@pytest.mark.parametrize(
    ("tail", "counts"),
    [
        ("1", True),
        ("0", False),
        ("1,1", True),
        ("1,1,0.2", True),
        ("1,7,1", False),
        ("0,1,1", False),
        ("0.9,1,1", False),
    ],
)
def test_ground_truth_counts_if_active_and_where_it_says_so_a_pedestrian(file, tail, counts):
    assert len(read_ground_truth(file(f"1,1,0,0,9,9,1\n2,1,0,0,9,9,{tail}\n"))) == 1 + counts


def test_all_predictions_count(file):
    boxes = read_predictions(file("1,1,0,0,9,9,0.25,-1,-1,-1\n1,2,0,0,9,9,0.5,-1,-1,-1\n"))
    assert boxes.confidence.tolist() == [0.25, 0.5]


def test_blank_lines_spaces_and_a_byte_order_mark_are_let_through(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_bytes(b"\xef\xbb\xbf1, 1, 0, 0, 9, 9, 1\r\n\r\n 2,1,0,0,9,9,1\r\n")
    assert read_ground_truth(path).frame.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("1,1,0,0,9,9", "expected at least frame,id,left,top,width,height,confidence"),
        ("1 1 0 0 9 9 1", "got 1 columns: '1 1 0 0 9 9 1'"),
        ("1,1,0,x,9,9,1", "expected a number, got 'x'"),
        ("1,1,0,nan,9,9,1", "expected a number, got 'nan'"),
        ("1,1,0,0,inf,9,1", "expected a number, got 'inf'"),
        ("0,1,0,0,9,9,1", "frame must be a whole number"),
        ("1.5,1,0,0,9,9,1", "frame must be a whole number"),
        ("1,1.5,0,0,9,9,1", "id must be a whole number"),
        ("1,1,0,0,-1,9,1", "width and height cannot be negative"),
        ("1,7,0,0,9,9,1", "frame 1 has id 7 twice"),
    ],
)
def test_bad_row_is_named_with_file_and_line(file, row, complaint):
    path = file(f"1,7,0,0,9,9,1\n{row}\n")
    with pytest.raises(StoreError) as error:
        read_ground_truth(path)
    assert str(error.value).startswith(f"{path}, line 2: ")
    assert complaint in str(error.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"cannot read .*gt\.txt: No such file"):
        read_ground_truth(tmp_path / "gt.txt")


def test_file_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_bytes(b"\x00\xff\xfe\x80")
    with pytest.raises(StoreError, match=r"gt\.txt is no text file"):
        read_ground_truth(path)


@pytest.mark.parametrize("text", ["", "1,1,0,0,9,9,0,1\n"])
def test_ground_truth_without_a_row_that_counts_is_refused(file, text):
    with pytest.raises(StoreError, match="no row counts"):
        read_ground_truth(file(text))


def test_no_predictions_are_fine(file):
    assert len(read_predictions(file(""))) == 0


def test_tracks_become_boxes_in_pixels_of_frames_from_1():
    boxes = TrackedBoxes.of(
        [tracks(), tracks((4, (0.25, 0.5, 0.5, 1), 0.75), (7, (0, 0, 1, 1), 0.5))],
        width=200,
        height=100,
    )
    assert boxes.frame.tolist() == [2, 2]
    assert boxes.track_id.tolist() == [4, 7]
    assert boxes.ltwh.tolist() == [[50, 50, 50, 50], [0, 0, 200, 100]]
    assert boxes.confidence.tolist() == [0.75, 0.5]


def test_no_tracks_become_no_boxes():
    assert TrackedBoxes.of([], width=200, height=100).ltwh.shape == (0, 4)


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "out.txt"
    film = [tracks((1_700_000_000_000_001, (0.25, 0.5, 0.5, 1), 0.75))]
    boxes = TrackedBoxes.of(film, width=200, height=100)
    write_predictions(path, boxes)
    assert path.read_text() == "1,1700000000000001,50.00,50.00,50.00,50.00,0.7500,-1,-1,-1\n"
    again = read_predictions(path)
    assert again.track_id.tolist() == boxes.track_id.tolist()
    assert again.ltwh.tolist() == boxes.ltwh.tolist()


def test_box_thinner_than_the_digits_written_can_be_read_again(tmp_path):
    path = tmp_path / "out.txt"
    film = [tracks((1, (0.5, 0.2, 0.50001, 0.4), 0.75))]
    write_predictions(path, TrackedBoxes.of(film, width=100, height=100))
    assert len(read_predictions(path)) == 1


def test_failed_write_leaves_nothing(tmp_path):
    path = tmp_path / "out.txt"
    path.mkdir()
    with pytest.raises(StoreError, match=r"cannot write .*out\.txt"):
        write_predictions(path, TrackedBoxes.of([], width=1, height=1))
    assert list(tmp_path.iterdir()) == [path]
