import subprocess
import sys

CODE = """
import sys
from genesis_ray.serving import cluster
from ray import serve
from ray.serve._private.utils import serve_encoders
import numpy
import genesis_ray.live.supervisor, genesis_ray.serving.detector, genesis_ray.serving.embedder
left_out = "pandas" not in sys.modules
assert numpy.ndarray in serve_encoders
import pandas
print(left_out, len(pandas.DataFrame({"a": [1, 2]})))
"""


def test_serve_is_loaded_without_pandas_which_whoever_wants_it_still_gets():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "2"]
