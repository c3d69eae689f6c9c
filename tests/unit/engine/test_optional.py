"""A kind that comes and goes is followed while it is there, and an answer that does not come changes nothing."""

import asyncio

from citycloud.engine.optional import OptionalKind
from citycloud.kube import errors
from citycloud.kube.resources import POD_MONITOR, Resource


class Server:
    """Answers, in turn, whether the kind is served; an exception is an answer that did not come."""

    def __init__(self, *answers: bool | errors.ApiError) -> None:
        self.answers = list(answers)

    async def serves(self, *, resource: Resource) -> bool:
        answer = self.answers.pop(0)
        if isinstance(answer, errors.ApiError):
            raise answer
        return answer


class Scene:
    """An optional kind, what it did, and time that passes at once; the end of the answers is the end of the scene."""

    def __init__(self, *answers: bool | errors.ApiError) -> None:
        self.server = Server(*answers)
        self.told = 0
        self.following: list[bool] = []
        self.open = 0
        self.kind = OptionalKind(
            client=self.server,  # type: ignore[arg-type]
            resource=POD_MONITOR,
            follow=self.follow,
            on_change=self.change,
            pause=self.pause,
        )

    def change(self) -> None:
        self.told += 1

    async def follow(self, resource: Resource) -> None:
        assert resource is POD_MONITOR
        self.open += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.open -= 1

    async def pause(self, seconds: float) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        self.following.append(self.open == 1)
        if not self.server.answers:
            raise asyncio.CancelledError

    async def play(self) -> None:
        try:
            await self.kind.run()
        except asyncio.CancelledError:
            return


async def test_it_is_followed_from_when_it_comes_until_it_goes() -> None:
    scene = Scene(False, True, True, False, True)

    await scene.play()

    assert scene.following == [False, False, True, True, False, True]
    assert scene.told == 3
    assert scene.open == 0


async def test_what_was_served_at_the_start_is_followed_at_once() -> None:
    scene = Scene(True, True)
    await scene.kind.look()

    await scene.play()

    assert scene.following == [True, True]
    assert scene.told == 1


async def test_no_answer_changes_nothing() -> None:
    scene = Scene(True, errors.Unreachable("no answer"), errors.ServerError("trouble"))
    await scene.kind.look()

    await scene.play()

    assert scene.following == [True, True, True]
    assert scene.kind.served
