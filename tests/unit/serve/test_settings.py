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
    with pytest.raises(PlanError, match="32 photos, and only 31"):
        Limits(waiting=31)
