import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import numpy as np
import pytest
from fastapi import HTTPException

from unfreeze.serve.model_queue import ModelQueue

R = TypeVar("R")
Work = Callable[[ModelQueue], Awaitable[R]]


def square(number: int) -> np.ndarray:
    return np.full((2, 2, 3), number, np.uint8)


class Model:
    """Answers with the number in each square; can be held up."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.with_heat: list[bool] = []

    def run(self, squares: np.ndarray, heat: bool) -> tuple[Any, Any]:
        self.go_on.wait(5)
        numbers = squares[:, 0, 0, 0]
        self.batches.append(numbers.tolist())
        self.with_heat.append(heat)
        if 13 in numbers:
            raise ZeroDivisionError
        maps = squares[..., 0] / 255 if heat else None
        return numbers[:, None].astype(np.float32), maps


def during(model: Model, work: Work[R], *, most: int = 4, places: int = 9) -> R:
    """Do ``work`` with an open queue."""

    async def whole() -> R:
        queue = ModelQueue(model.run, most=most, places=places, on_batch=lambda _: None)
        queue.open()
        try:
            return await work(queue)
        finally:
            model.go_on.set()
            await queue.close()

    return asyncio.run(whole())


def test_everybody_gets_the_answer_to_their_own_photo() -> None:
    async def work(queue: ModelQueue) -> list[int]:
        found = await asyncio.gather(*(queue.ask(square(n)) for n in range(12)))
        return [int(probs[0]) for probs, _ in found]

    assert during(Model(), work) == list(range(12))


def test_what_waits_while_the_model_reads_is_its_next_batch() -> None:
    model = Model()
    model.go_on.clear()

    async def work(queue: ModelQueue) -> None:
        asked = [asyncio.create_task(queue.ask(square(0)))]
        await asyncio.sleep(0.05)  # it is with the model now, alone
        asked += [asyncio.create_task(queue.ask(square(n))) for n in range(1, 7)]
        await asyncio.sleep(0.01)
        model.go_on.set()
        await asyncio.gather(*asked)

    during(model, work)

    assert model.batches == [[0], [1, 2, 3, 4], [5, 6]]


def test_heat_maps_are_made_where_one_of_a_batch_asks() -> None:
    model = Model()

    async def work(queue: ModelQueue) -> list[Any]:
        return await asyncio.gather(
            queue.ask(square(5)), queue.ask(square(51), heat=True)
        )

    (_, heat) = during(model, work)

    assert model.with_heat == [True]
    np.testing.assert_allclose(heat[1], np.full((2, 2), 0.2))


def test_who_gave_up_is_not_read_to_the_model() -> None:
    model = Model()
    model.go_on.clear()

    async def work(queue: ModelQueue) -> None:
        asked = [asyncio.create_task(queue.ask(square(n))) for n in (1, 2, 3)]
        await asyncio.sleep(0.05)  # the first batch holds all three, and is held up
        late = asyncio.create_task(queue.ask(square(4)))
        await asyncio.sleep(0.01)
        late.cancel()
        asked[1].cancel()
        model.go_on.set()
        await asyncio.gather(*asked, late, return_exceptions=True)
        await queue.ask(square(5))

    during(model, work)

    assert model.batches == [[1, 2, 3], [5]]


def test_a_failure_of_the_model_is_told_and_the_next_batch_is_read() -> None:
    async def work(queue: ModelQueue) -> float:
        with pytest.raises(ZeroDivisionError):
            await queue.ask(square(13))
        return float((await queue.ask(square(7)))[0][0])

    assert during(Model(), work) == 7


def test_beyond_its_places_the_queue_refuses() -> None:
    async def work(queue: ModelQueue) -> None:
        with queue.places(6):
            assert queue.length == 6
            with pytest.raises(HTTPException, match="6 photos wait") as refused:
                queue.places(4).__enter__()
            assert refused.value.status_code == 429
            assert refused.value.headers == {"Retry-After": "1"}
            with queue.places(3):
                assert not queue.is_open
            assert queue.is_open
        assert queue.length == 0

    during(Model(), work)


def test_places_are_free_again_after_a_failure() -> None:
    async def work(queue: ModelQueue) -> int:
        with pytest.raises(ZeroDivisionError), queue.places(2):
            await queue.ask(square(13))
        return queue.length

    assert during(Model(), work) == 0


def test_a_queue_that_was_not_opened_or_is_closed_takes_nothing() -> None:
    async def whole() -> tuple[bool, bool, bool]:
        queue = ModelQueue(Model().run, most=1, places=1, on_batch=lambda _: None)
        before = queue.is_open
        queue.open()
        during = queue.is_open
        waiting = asyncio.create_task(queue.ask(square(1)))
        await queue.close()
        await asyncio.gather(waiting, return_exceptions=True)
        return before, during, queue.is_open

    assert asyncio.run(whole()) == (False, True, False)


def test_who_waits_for_a_batch_that_is_being_read_is_told_of_the_end() -> None:
    model = Model()
    model.go_on.clear()

    async def whole() -> bool:
        queue = ModelQueue(model.run, most=1, places=1, on_batch=lambda _: None)
        queue.open()
        waiting = asyncio.create_task(queue.ask(square(1)))
        await asyncio.sleep(0.05)  # the model reads it
        model.go_on.set()
        await queue.close()
        done, _ = await asyncio.wait([waiting], timeout=1)
        waiting.cancel()
        return done == {waiting}

    assert asyncio.run(whole())
