import subprocess
import sys

from tests.api.system import System


def test_pages_that_explain_the_api_are_there(system: System):
    assert "swagger" in system.client.get("/docs").text.lower()
    assert system.client.get("/redoc").status_code == 200


def test_refusal_names_its_request(system: System):
    headers = {"host": "cameras.example", "x-request-id": "till-7"}
    answer = system.client.get("/health", headers=headers)
    assert answer.status_code == 403
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "till-7"


def test_api_imports_no_ray_and_no_models():
    code = (
        "import sys, genesis_ray.api.app; "
        "print([name for name in ('ray', 'torch', 'openvino', 'pandas') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
