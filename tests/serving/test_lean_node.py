from ray._private import parameter, services

from genesis_ray.serving.lean_node import lean_node


def test_a_node_is_told_to_go_without_as_long_as_it_is_started():
    rays_own = parameter.RayParams, services.start_api_server
    with lean_node():
        params = parameter.RayParams(num_cpus=2)
        dashboard = services.start_api_server(False, raise_on_failure=False)
    assert (params.no_monitor, params.include_log_monitor) == (True, False)
    assert dashboard == (None, None)
    assert (parameter.RayParams, services.start_api_server) == rays_own
