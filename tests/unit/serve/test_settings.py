import pytest

from unfreeze.errors import PlanError
from unfreeze.serve.settings import Limits, ServerSettings


@pytest.mark.parametrize("token", ["", "two words", "schlüssel", "line\nend"])
def test_a_token_that_no_header_can_hold_is_refused(token: str) -> None:
    with pytest.raises(PlanError, match="token"):
        ServerSettings(token=token)


def test_a_token_of_letters_and_digits_is_taken() -> None:
    token = "a1_-Z"  # noqa: S105  # of this test alone

    assert ServerSettings(token=token).token == token


def test_limits_of_nothing_are_refused() -> None:
    with pytest.raises(PlanError, match="limit batch is 0"):
        Limits(batch=0)


def test_a_full_request_must_be_able_to_wait() -> None:
    with pytest.raises(PlanError, match=r"32 photos, and only 31.*--max-queue 32"):
        Limits(waiting=31)


@pytest.mark.parametrize(
    "limits", [{"bytes": 200_000_000}, {"request_bytes": 500_000_000}]
)
def test_what_one_limit_allows_the_next_must_allow(limits: dict[str, int]) -> None:
    with pytest.raises(PlanError, match="could never be sent"):
        Limits(**limits)


@pytest.mark.parametrize(
    ("megabytes", "request_bytes"), [(1, 10**8), (600, 801 * 10**6)]
)
def test_requests_have_room_for_a_photo_in_json(
    megabytes: int, request_bytes: int
) -> None:
    limits = Limits.with_room_for(megabytes, files=1, pixels=1, waiting=1)

    assert limits.bytes == megabytes * 10**6
    assert limits.request_bytes == request_bytes
    assert limits.held_bytes >= limits.request_bytes
