"""How much room each kind of finding gets on a page that can hold only so much."""

from collections.abc import Sequence

__all__ = ["num_that_fit", "shared_out"]


def shared_out(wants: Sequence[int], room: int) -> list[int]:
    """Give each its wish or an equal share, whichever is less, and share what is left.

    So many of one kind never crowd out the few of another.

    Args:
        wants: How much each would take, 0 or more.
        room: How much there is, 0 or more.

    Returns:
        What each gets: no more than it wants, and ``room`` together at most.

    Example:
        >>> shared_out([100, 400, 30], 200)
        [85, 85, 30]
    """
    given = [0] * len(wants)
    left = room
    order = sorted(range(len(wants)), key=wants.__getitem__)
    for place, number in enumerate(order):
        given[number] = min(wants[number], left // (len(wants) - place))
        left -= given[number]
    return given


def num_that_fit(sizes: Sequence[int], room: int) -> int:
    """How many of the first have room together.

    Example:
        >>> num_that_fit([2, 2, 6, 1], 9)
        2
    """
    taken = 0
    for number, size in enumerate(sizes):
        taken += size
        if taken > room:
            return number
    return len(sizes)
