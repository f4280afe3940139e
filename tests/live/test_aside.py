import asyncio

from genesis_ray.live.aside import Aside


def run(scene) -> None:
    asyncio.run(asyncio.wait_for(scene, 10))


class Work:
    """What is done aside, and who is held up for it."""

    def __init__(self) -> None:
        self.done: list[tuple[str, int]] = []
        self.held: list[tuple[str, bool]] = []
        self.gates: dict[int, asyncio.Event] = {}

    async def do(self, camera_id: str, piece: int) -> None:
        if gate := self.gates.get(piece):
            await gate.wait()
        self.done.append((camera_id, piece))

    def hold(self, camera_id: str, is_held: bool) -> None:
        self.held.append((camera_id, is_held))


def test_a_cameras_pieces_are_done_in_order_and_no_camera_waits_for_another():
    work = Work()

    async def scene():
        work.gates[1] = asyncio.Event()
        async with asyncio.TaskGroup() as steps:
            aside = Aside(work.do, steps=steps, on_held=work.hold)
            for camera_id, piece in [("door", 1), ("door", 2), ("till", 3)]:
                aside.add(camera_id, piece)
            await asyncio.sleep(0.01)
            assert work.done == [("till", 3)]
            assert "door" in aside
            assert "till" not in aside
            work.gates[1].set()
            await aside.settled()
        assert work.done == [("till", 3), ("door", 1), ("door", 2)]

    run(scene())


def test_a_camera_is_held_from_its_first_piece_to_its_last():
    work = Work()

    async def scene():
        async with asyncio.TaskGroup() as steps:
            aside = Aside(work.do, steps=steps, on_held=work.hold)
            aside.add("door", 1)
            aside.add("door", 2)
            await aside.settled()
            aside.add("door", 3)
            await aside.settled()
        assert work.held == [("door", True), ("door", False)] * 2

    run(scene())


def test_where_nobody_is_held_up_there_is_nothing_to_wait_for():
    async def scene():
        async with asyncio.TaskGroup() as steps:
            await Aside(Work().do, steps=steps, on_held=Work().hold).settled()

    run(scene())
