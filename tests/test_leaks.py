import base64
import json
import pickle

import numpy as np
import pytest

from tests.leaks import forms_of_secret, forms_of_template, leaks_in
from tests.store.some_keys import unit

(TEMPLATE,) = unit(1, 1, 16)
SECRET = bytes(range(7, 39))

LEAKED = {
    "floats": TEMPLATE.tobytes(),
    "doubles": TEMPLATE.astype(np.float64).tobytes(),
    "swapped": TEMPLATE.astype(">f4").tobytes(),
    "pickled": pickle.dumps(TEMPLATE.tolist()),
    "array": pickle.dumps(TEMPLATE),
    "json": json.dumps([float(value) for value in TEMPLATE]).encode(),
    "lines": json.dumps(TEMPLATE.tolist(), indent=4).encode(),
    "shown": repr(TEMPLATE).encode(),
    "said": str(TEMPLATE).encode(),
    "scalars": repr(list(TEMPLATE)).encode(),
    "a-part": TEMPLATE[7:12].tobytes(),
    **{f"base64-{n}": base64.b64encode(b"x" * n + TEMPLATE.tobytes()) for n in range(3)},
}


@pytest.mark.parametrize("form", LEAKED)
def test_a_template_is_found_however_it_got_out(form, tmp_path):
    (tmp_path / form).write_bytes(b"ray: " + LEAKED[form] + b"\n")
    (tmp_path / "other").write_bytes(repr(unit(2, 1, 16)).encode() + unit(3, 1, 16).tobytes())
    assert leaks_in(tmp_path, forms_of_template(TEMPLATE)) == [form]


@pytest.mark.parametrize(
    "leaked", [SECRET, SECRET.hex().encode(), repr(SECRET).encode(), base64.b64encode(SECRET)]
)
def test_so_is_a_secret(leaked, tmp_path):
    (tmp_path / "log").write_bytes(b"key=" + leaked + b";")
    (tmp_path / "other").write_bytes(b"key=" + bytes(32))
    assert leaks_in(tmp_path, forms_of_secret(SECRET)) == ["log"]
