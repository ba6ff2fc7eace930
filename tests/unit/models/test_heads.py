"""Mirrors src/unfreeze/models/heads.py."""

import math

import pytest
import torch
from torch import nn

from unfreeze.errors import PlanError
from unfreeze.models.heads import ConcatPool, build_head, dropouts_of


def _kinds(head: nn.Sequential) -> list[str]:
    return [type(layer).__name__ for layer in head]


def _drawn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_maps_are_pooled_to_maximum_then_mean() -> None:
    maps = _drawn(2, 5, 3, 4)

    pooled = ConcatPool()(maps)

    adaptive = (nn.AdaptiveMaxPool2d(1)(maps), nn.AdaptiveAvgPool2d(1)(maps))
    torch.testing.assert_close(pooled, torch.cat(adaptive, 1).flatten(1))


def test_tokens_without_prefix_are_pooled_like_maps() -> None:
    maps = _drawn(2, 5, 3, 4)

    pooled = ConcatPool()(maps.flatten(2).transpose(1, 2))

    torch.testing.assert_close(pooled, ConcatPool()(maps))


def test_prefix_tokens_give_class_token_then_mean_of_image_tokens() -> None:
    tokens = _drawn(2, 2 + 9, 5)

    pooled = ConcatPool(num_prefix_tokens=2)(tokens)

    torch.testing.assert_close(pooled[:, :5], tokens[:, 0])
    torch.testing.assert_close(pooled[:, 5:], tokens[:, 2:].mean(1))


def test_half_precision_is_pooled_in_single_precision() -> None:
    assert ConcatPool()(_drawn(1, 2, 3, 3).bfloat16()).dtype is torch.float32


def test_default_head_is_the_lessons() -> None:
    head = build_head(1024, 2)

    assert _kinds(head) == [
        *("BatchNorm1d", "Dropout", "Linear", "ReLU"),
        *("BatchNorm1d", "Dropout", "Linear"),
    ]
    assert [layer.p for layer in head if isinstance(layer, nn.Dropout)] == [0.25, 0.5]
    assert [tuple(p.shape) for p in head.parameters() if p.ndim == 2] == [
        (512, 1024),
        (2, 512),
    ]


def test_a_head_under_autocast_learns_what_it_would_in_single_precision() -> None:
    """Twenty steps on separable rows, in both formats from the same weights."""
    rows, labels = _drawn(64, 32), torch.arange(64) % 4
    rows[torch.arange(64), labels] += 3.0

    def losses(is_autocast: bool) -> list[float]:
        head = build_head(32, 4, xtra_fc=(256, 128), ps=0.0)
        optimizer = torch.optim.SGD(head.parameters(), lr=0.01, momentum=0.9)
        seen = []
        for _ in range(20):
            with torch.autocast("cpu", torch.bfloat16, enabled=is_autocast):
                logits = head(rows)
            loss = nn.functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen.append(loss.item())
        return seen

    exact, rounded = losses(False), losses(True)

    assert rounded != exact
    assert exact[-1] < exact[0] / 5
    assert rounded == pytest.approx(exact, rel=0.02, abs=0.005)


@pytest.mark.parametrize("num_classes", [2, 17, 120])
def test_logits_are_as_wide_as_there_are_classes(num_classes: int) -> None:
    assert build_head(8, num_classes).eval()(_drawn(3, 8)).shape == (3, num_classes)


def test_no_hidden_layer_leaves_one_linear_layer() -> None:
    assert _kinds(build_head(8, 3, xtra_fc=())) == ["BatchNorm1d", "Dropout", "Linear"]


def test_one_dropout_serves_all_layers_and_zero_leaves_it_out() -> None:
    head = build_head(8, 3, xtra_fc=(16, 4), ps=0.1)

    assert [layer.p for layer in head if isinstance(layer, nn.Dropout)] == [0.1] * 3
    assert "Dropout" not in _kinds(build_head(8, 3, ps=0))


@pytest.mark.parametrize(
    ("ps", "expected"),
    [(None, [0.25, 0.25, 0.5]), (0, [0, 0, 0]), ((0.1, 0, 0.3), [0.1, 0, 0.3])],
)
def test_dropouts_are_spelled_out_layer_by_layer(
    ps: float | tuple[float, ...] | None, expected: list[float]
) -> None:
    assert dropouts_of(ps, 3) == expected


def test_weights_are_kaiming_normal_and_biases_zero() -> None:
    linear = build_head(1024, 2)[2]
    assert isinstance(linear, nn.Linear)

    assert linear.weight.std().item() == pytest.approx(math.sqrt(2 / 1024), rel=0.01)
    assert not linear.bias.any()


def test_same_seed_same_head_whatever_was_drawn_before() -> None:
    first, again, other = (build_head(64, 2, seed=seed) for seed in (7, 7, 8))

    torch.testing.assert_close(first.state_dict(), again.state_dict(), rtol=0, atol=0)
    assert not torch.equal(first[2].weight, other[2].weight)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ps": (0.1, 0.2, 0.3)}, "Got 3 dropouts .* for 2 linear layers"),
        ({"ps": 1.0}, r"Dropout must be in \[0, 1\)"),
        ({"xtra_fc": (0,)}, "must be 1 or more"),
    ],
)
def test_impossible_heads_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        build_head(8, 3, **options)  # type: ignore[arg-type]
