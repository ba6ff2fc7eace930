"""Mirrors src/unfreeze/insight/run_facts.py."""

from unfreeze.insight.run_facts import (
    RunFacts,
    fact_rows,
    setting_rows,
    settings_that_differ,
)

FIRST = RunFacts(
    run="a",
    arch="resnet18",
    size=64,
    model_bytes=46_912_345,
    parameters=11_705_410,
    seconds=75.0,
    settings={"arch": "resnet18", "epochs": None, "seed": 0},
)
SECOND = RunFacts(run="b", arch="resnet34", settings={"arch": "resnet34", "seed": 1})


def test_settings_of_both_runs_are_compared() -> None:
    assert settings_that_differ(FIRST, SECOND) == {
        "arch": ("resnet18", "resnet34"),
        "seed": (0, 1),
    }


def test_facts_are_written_with_their_units() -> None:
    assert fact_rows(FIRST, SECOND) == [
        ("architecture", "resnet18", "resnet34"),
        ("side of the image, in pixels", "64", "?"),
        ("parameters", "11,705,410", "?"),
        ("model file", "46.9 MB", "?"),
        ("training took", "1 min 15 s", "?"),
    ]


def test_a_fact_does_not_stand_among_the_settings_again() -> None:
    assert setting_rows(FIRST, SECOND) == [("seed", "0", "1")]
