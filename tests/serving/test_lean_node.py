from ray._private import parameter, services
from ray._raylet import METRICS_AGENT_PORT_NAME

from genesis_ray.serving.lean_node import lean_node


def test_a_node_is_told_to_go_without_as_long_as_it_is_started():
    rays_own = parameter.RayParams, services.start_api_server, services.start_ray_process
    with lean_node():
        params = parameter.RayParams(num_cpus=2, ray_client_server_port=10001, no_monitor=False)
        sized = parameter.RayParams(autoscaling_config="nodes.yaml")
        dashboard = services.start_api_server(False, raise_on_failure=False)
    assert (params.no_monitor, params.include_log_monitor) == (True, False)
    assert params.ray_client_server_port is None
    assert params.num_cpus == 2
    assert not sized.no_monitor
    assert dashboard == (None, None)
    assert rays_own == (
        parameter.RayParams, services.start_api_server, services.start_ray_process
    )  # fmt: skip


def test_a_raylet_has_an_agent_that_only_waits_and_ports_that_are_not_in_use(tmp_path, monkeypatch):
    started: list[list[str]] = []
    monkeypatch.setattr(services, "start_ray_process", lambda command, *_: started.append(command))
    node = [f"--session_dir={tmp_path}", "--node_id=a1", "--dashboard_agent_command=python a.py"]
    with lean_node():
        services.start_ray_process(["raylet", *node], "raylet")
        services.start_ray_process(["gcs_server", "--node_id=a1"], "gcs_server")
    assert started[0] == ["raylet", *node[:2], "--dashboard_agent_command=cat"]
    assert started[1] == ["gcs_server", "--node_id=a1"]
    (told,) = tmp_path.rglob(f"{METRICS_AGENT_PORT_NAME}*")
    assert told.read_text() == "-1"
    assert len(list(tmp_path.iterdir())) == 3
