"""The Arrow schemas of who people are: what lies in a tenant's folder of LanceDB."""

import pyarrow as pa

_TIME = pa.timestamp("us", tz="UTC")
_IDS = pa.list_(pa.string())

_PEOPLE: list[tuple[str, pa.DataType]] = [
    ("identity_id", pa.string()),
    ("name", pa.string()),
    ("kind", pa.string()),  # "enrolled" by somebody, or "visitor": pseudonymous
    ("enrolled_at", _TIME),
]
PEOPLE_SCHEMA = pa.schema(_PEOPLE)

_TRACK_SIGHT: list[tuple[str, pa.DataType]] = [
    ("identity_id", pa.string()),
    ("camera_id", pa.string()),
    ("track_id", pa.int64()),
    ("since", _TIME),
    ("until", _TIME),
]
_LEDGER: list[tuple[str, pa.DataType]] = [
    ("entry_id", pa.string()),
    ("kind", pa.string()),  # merge, split, rename, reject, confirm, unlearn or undo
    ("at", _TIME),
    ("by", pa.string()),
    ("why", pa.string()),
    # Of which a kind has some, null or empty for the others.
    ("identity_id", pa.string()),
    ("other_id", pa.string()),
    ("new_id", pa.string()),
    ("name", pa.string()),
    ("tracks", pa.list_(pa.struct(_TRACK_SIGHT))),
    ("face_ids", _IDS),
    ("undone_id", pa.string()),
]
_LEDGER_LATER: list[tuple[str, pa.DataType]] = [
    ("recordings", _IDS),  # one a track: of which recording, "" of any
    ("owner_ids", _IDS),  # one a face: as whom it was enrolled
]
LEDGER_SCHEMA = pa.schema(_LEDGER + _LEDGER_LATER)
LEDGER_LATER = tuple(name for name, _ in _LEDGER_LATER)
"""Columns that ledgers of earlier versions have not: null in entries made then."""

_VISITOR_SIGHTS: list[tuple[str, pa.DataType]] = [
    ("sight_id", pa.string()),
    ("identity_id", pa.string()),
    ("seen_at", _TIME),
]
VISITOR_SIGHTS_SCHEMA = pa.schema(_VISITOR_SIGHTS)

_TEMPLATE_CHANGES: list[tuple[str, pa.DataType]] = [
    ("change_id", pa.string()),  # and the face_id of the new template
    ("identity_id", pa.string()),
    ("kind", pa.string()),  # average or exchange
    ("replaced_id", pa.string()),  # "" where it took nobody's place
    ("at", _TIME),
    ("camera_id", pa.string()),
    ("track_id", pa.int64()),
    ("similarity", pa.float32()),
]
TEMPLATE_CHANGES_SCHEMA = pa.schema(_TEMPLATE_CHANGES)
_CONSENT: list[tuple[str, pa.DataType]] = [
    ("entry_id", pa.string()),
    ("identity_id", pa.string()),
    ("member_ids", _IDS),  # all that were this person then
    ("said", pa.string()),  # given or withdrawn
    ("at", _TIME),  # when it was said
    ("noted_at", _TIME),
    ("by", pa.string()),
    ("why", pa.string()),
]
CONSENT_SCHEMA = pa.schema(_CONSENT)

_TAGS: list[tuple[str, pa.DataType]] = [
    ("entry_id", pa.string()),
    ("identity_id", pa.string()),
    ("tag", pa.string()),
    ("is_set", pa.bool_()),  # false: taken off
    ("at", _TIME),
    ("by", pa.string()),
]
TAGS_SCHEMA = pa.schema(_TAGS)


_GALLERY_LATER: list[tuple[str, pa.DataType]] = [  # where a face of a photo is in it, else null
    ("box", pa.list_(pa.float32(), 4)),
    # Of ten numbers in a row LanceDB would take it for an embedding, which cannot be null.
    ("landmarks", pa.list_(pa.list_(pa.float32(), 2), 5)),
]
GALLERY_LATER = tuple(name for name, _ in _GALLERY_LATER)
"""Columns that galleries of earlier versions have not: null of faces enrolled then."""

GALLERY_SEARCHED = ("face_id", "identity_id", "embedding")
"""The columns that a search takes: the others stay on the disk."""


def gallery_schema(dimension: int) -> pa.Schema:
    """Return the schema of one embedder's faces, whose embeddings have `dimension` numbers."""
    columns: list[tuple[str, pa.DataType]] = [
        ("face_id", pa.string()),
        ("identity_id", pa.string()),
        ("embedding", pa.list_(pa.float32(), dimension)),
        ("quality", pa.float32()),
        ("enrolled_at", _TIME),
        ("camera_id", pa.string()),  # "" for a photo
        ("key_version", pa.int32()),
    ]
    return pa.schema(columns + _GALLERY_LATER)
