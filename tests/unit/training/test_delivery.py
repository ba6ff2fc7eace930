"""Mirrors src/unfreeze/training/delivery.py.

A GPU's queues of work are played by objects that note what they are asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

import numpy as np
import pytest
import torch
from torch import Tensor

from unfreeze.augment.batch_draft import BatchDraft, Outline
from unfreeze.augment.kernels import light_table
from unfreeze.tensors import Batch
from unfreeze.training import delivery as module
from unfreeze.training.delivery import (
    Delivered,
    Loaded,
    OverlappingDelivery,
    PlainDelivery,
)
from unfreeze.training.drafts import Drafts

CPU = torch.device("cpu")


def batch(number: int) -> Batch:
    rows = np.array([number, number])
    return Batch(torch.full((2, 4, 4, 3), number), torch.from_numpy(rows), rows)


@final
class Loading:
    """Five batches, and a note of whether the pass was closed."""

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes

    def __len__(self) -> int:
        return 5

    def __iter__(self) -> Iterator[Loaded]:
        try:
            for number in range(5):
                self._notes.append(f"loaded {number}")
                yield batch(number)
        finally:
            self._notes.append("closed")


@final
class Gpu:
    """Stands for ``torch.cuda``: two queues, and events that are waited for."""

    def __init__(self, notes: list[str]) -> None:
        self.notes = notes
        self.num_events = 0

    def Stream(self, device: torch.device) -> "Queue":  # noqa: N802
        assert device == CPU
        return Queue("copying", self.notes)

    def current_stream(self, device: torch.device) -> "Queue":
        assert device == CPU
        return Queue("computing", self.notes)

    @contextmanager
    def stream(self, queue: "Queue") -> Iterator[None]:
        self.notes.append(f"begin {queue.name}")
        yield
        self.notes.append(f"end {queue.name}")

    def Event(self, *, blocking: bool) -> "Arrival":  # noqa: N802
        assert blocking
        self.num_events += 1
        return Arrival(self.num_events - 1, self.notes)


@final
class Queue:
    def __init__(self, name: str, notes: list[str]) -> None:
        self.name = name
        self._notes = notes

    def wait_stream(self, other: "Queue") -> None:
        self._notes.append(f"{self.name} waits for {other.name}")

    def wait_event(self, arrival: "Arrival") -> None:
        self._notes.append(f"{self.name} waits for {arrival.number}")


@final
class Arrival:
    def __init__(self, number: int, notes: list[str]) -> None:
        self.number = number
        self._notes = notes

    def record(self, queue: Queue) -> None:
        self._notes.append(f"{queue.name} sends {self.number}")

    def synchronize(self) -> None:
        self._notes.append(f"processor waits for {self.number}")


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def gpu_delivery(
    notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> OverlappingDelivery:
    gpu = Gpu(notes)
    for name in ("Stream", "current_stream", "stream", "Event"):
        monkeypatch.setattr(module.torch.cuda, name, getattr(gpu, name))

    def pin(tensor: Tensor) -> Tensor:
        notes.append("pinned")
        return tensor

    monkeypatch.setattr(Tensor, "pin_memory", pin)
    return OverlappingDelivery(CPU)


@pytest.mark.parametrize("kind", ["plain", "overlapping"])
def test_batches_arrive_in_order_and_as_they_are(
    kind: str, notes: list[str], gpu_delivery: OverlappingDelivery
) -> None:
    delivery = PlainDelivery() if kind == "plain" else gpu_delivery

    delivered = Delivered(Loading(notes), delivery)

    assert len(delivered) == 5
    for number, found in enumerate(delivered):
        assert found.rows.tolist() == [number, number]
        assert found.labels is not None
        assert found.labels.tolist() == [number, number]
        assert torch.equal(found.inputs, batch(number).inputs)


@pytest.mark.parametrize("kind", ["plain", "overlapping"])
def test_leaving_early_closes_the_loader(
    kind: str, notes: list[str], gpu_delivery: OverlappingDelivery
) -> None:
    delivery = PlainDelivery() if kind == "plain" else gpu_delivery

    for _ in Delivered(Loading(notes), delivery):
        break

    assert notes[-1] == "closed"


def test_the_next_batch_is_sent_before_this_one_is_used(
    notes: list[str], gpu_delivery: OverlappingDelivery
) -> None:
    batches = iter(Delivered(Loading(notes), gpu_delivery))

    next(batches)

    assert notes.index("copying sends 1") < notes.index("computing waits for 0")
    assert "loaded 2" not in notes
    batches.close()  # type: ignore[attr-defined]


def test_memory_is_used_again_after_what_read_it_and_read_after_it_has_come(
    notes: list[str], gpu_delivery: OverlappingDelivery
) -> None:
    """The two waits between queues stand where torch's documentation has them."""
    for number, _ in enumerate(Delivered(Loading(notes), gpu_delivery)):
        assert notes[-1] == f"computing waits for {number}"
        notes.append(f"step {number}")

    for number in range(5):
        assert notes.index(f"computing waits for {number}") > notes.index(
            f"copying sends {number}"
        )
        sent = notes.index(f"copying sends {number}")
        since = max(i for i in range(sent) if notes[i] == "begin copying")
        assert notes[since - 1] == "copying waits for computing"
        assert notes[sent + 1] == "end copying"


def test_the_processor_is_at_most_three_batches_ahead(
    notes: list[str], gpu_delivery: OverlappingDelivery
) -> None:
    list(Delivered(Loading(notes), gpu_delivery))

    waits = [note for note in notes if note.startswith("processor waits")]
    assert waits == ["processor waits for 0", "processor waits for 1"]
    assert notes.index("processor waits for 0") < notes.index("copying sends 3")
    assert notes.index("copying sends 2") < notes.index("processor waits for 0")


def test_everything_is_pinned_before_it_travels(
    notes: list[str], gpu_delivery: OverlappingDelivery
) -> None:
    outline = Outline(np.zeros((4, 4, 3), np.uint8), np.eye(3), light_table([]))
    draft = BatchDraft.of([outline], 4, "reflect")

    list(gpu_delivery.deliver([Drafts(draft, torch.zeros(1), np.zeros(1, int))]))
    tensors_of_a_draft = notes.count("pinned")
    list(gpu_delivery.deliver([batch(0)]))

    assert tensors_of_a_draft == 5
    assert notes.count("pinned") == 5 + 2


def test_drafts_are_varied_on_arrival() -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    outline = Outline(pixels, np.eye(3), light_table([])[::-1].copy())
    drafts = Drafts(BatchDraft.of([outline], 4, "edge"), None, np.array([7]))

    (found,) = PlainDelivery(varies=True).deliver([drafts])

    assert found.labels is None
    assert found.rows.tolist() == [7]
    assert np.array_equal(found.inputs[0].numpy(), 255 - pixels)


def test_photos_are_varied_on_gpus_and_elsewhere_on_request() -> None:
    assert OverlappingDelivery.varies
    assert OverlappingDelivery.pins
    assert not PlainDelivery().varies
    assert not PlainDelivery().pins
    assert PlainDelivery(varies=True).varies
