"""Mirrors src/unfreeze/torch_threads.py."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from unfreeze.torch_threads import on_half_the_threads


@pytest.fixture(autouse=True)
def number_of_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("threads", "half"), [(1, 1), (2, 1), (5, 2), (8, 4)])
def test_torch_takes_half_of_its_threads_inside_and_all_afterwards(
    threads: int, half: int
) -> None:
    torch.set_num_threads(threads)

    with on_half_the_threads():
        assert torch.get_num_threads() == half

    assert torch.get_num_threads() == threads


def test_an_error_inside_gives_the_threads_back() -> None:
    torch.set_num_threads(4)

    with pytest.raises(ZeroDivisionError), on_half_the_threads():
        raise ZeroDivisionError

    assert torch.get_num_threads() == 4


def test_other_threads_keep_theirs() -> None:
    torch.set_num_threads(4)

    with ThreadPoolExecutor(1) as other:
        before = other.submit(torch.get_num_threads).result()
        with on_half_the_threads():
            inside = other.submit(torch.get_num_threads).result()

    assert inside == before
