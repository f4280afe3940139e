import pyarrow as pa

from genesis_ray.analytics.density import with_density


def test_each_zone_has_people_by_its_own_area_and_null_without_one():
    levels = pa.table({
        "camera_id": ["door", "door", "yard", None],
        "zone_id": ["till", "shelf", "till", None],
        "mean_people": [3.0, 3.0, 0.0, 6.0],
        "max_people": [6, 5, 1, 9],
    })  # fmt: skip
    told = with_density(levels, {("door", "till"): 12.0, ("yard", "till"): 0.5})
    assert told.column_names[-2:] == ["mean_people_per_m2", "max_people_per_m2"]
    assert told["mean_people_per_m2"].to_pylist() == [0.25, None, 0.0, None]
    assert told["max_people_per_m2"].to_pylist() == [0.5, None, 2.0, None]
    assert told.drop_columns(["mean_people_per_m2", "max_people_per_m2"]) == levels


def test_where_people_are_not_told_density_is_not_either():
    levels = pa.table({
        "camera_id": ["door"], "zone_id": ["till"],
        "mean_people": pa.nulls(1, pa.float64()), "max_people": pa.nulls(1, pa.int64()),
    })  # fmt: skip
    told = with_density(levels, {("door", "till"): 2.0})
    assert told["mean_people_per_m2"].to_pylist() == [None]
    assert with_density(levels.slice(1), {}).num_rows == 0
