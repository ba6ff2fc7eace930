"""Do the same to many things, in threads, and get the results in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from unfreeze.errors import PlanError

__all__ = ["map_in_order"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def map_in_order(
    function: Callable[[_Item], _Result],
    items: Iterable[_Item],
    *,
    num_workers: int,
    ahead: int,
) -> Generator[_Result, None, None]:
    """Yield ``function(item)`` of every item, in the order of the items.

    Close the generator (``contextlib.closing``) where the loop over it can end early:
    that cancels what has not begun, and waits for what has.

    Args:
        function: Called in the threads; an exception is raised again, as it is, when
            the turn of its item comes.
        items: Drawn in the thread that asks for the results.
        num_workers: Threads; 0 calls ``function`` in this thread.
        ahead: How many items may be begun before the result of the first is taken, so
            that results nobody asks for do not fill the memory.

    Raises:
        PlanError: If ``num_workers`` is negative.
    """
    if num_workers < 0:
        raise PlanError(f"num_workers must be 0 or more, got {num_workers}.")
    if num_workers == 0:
        yield from map(function, items)
        return
    pool = ThreadPoolExecutor(num_workers, thread_name_prefix="unfreeze")
    begun: deque[Future[_Result]] = deque()
    try:
        for item in items:
            begun.append(pool.submit(function, item))
            if len(begun) > ahead:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
