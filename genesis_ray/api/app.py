"""The HTTP API as an ASGI application; whoever serves it gives it its backends."""

from importlib.metadata import version

from fastapi import FastAPI

from genesis_ray.api import problems
from genesis_ray.api.backends import Backends
from genesis_ray.api.loopback import LoopbackOnly
from genesis_ray.api.request_id import RequestId
from genesis_ray.api.routers import (
    cameras,
    dead_letters,
    events,
    faces,
    health,
    identities,
    metrics,
    people,
    questions,
    visits,
)
from genesis_ray.api.same_origin import SameOriginOnly
from genesis_ray.api.together import Together
from genesis_ray.api.uploads import Uploads


def create_app(backends: Backends, *, echo_request_id: bool = True) -> FastAPI:
    """Return the API over one tenant's system.

    Args:
        backends: What it answers from.
        echo_request_id: Whether answers carry x-request-id; false where the server adds it.
    """
    app = FastAPI(
        title="genesis_ray",
        summary="Who was where, for how long, in which order.",
        version=version("genesis-ray"),
        responses={"default": {"model": problems.Problem, "description": "What went wrong"}},
    )
    app.state.backends = backends
    problems.install(app)
    app.state.uploads = Uploads()
    app.state.together = Together()
    of_system, of_people = (health, cameras, metrics), (people, faces, identities)
    for each in (*of_system, events, dead_letters, *of_people, visits, questions):
        app.include_router(each.router)
    app.add_middleware(SameOriginOnly)
    app.add_middleware(LoopbackOnly)
    app.add_middleware(RequestId, echo=echo_request_id)  # last, so outermost: refusals have ids too
    return app
