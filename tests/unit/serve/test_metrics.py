from prometheus_client.parser import text_string_to_metric_families

from unfreeze.serve.metrics import Metrics


def values(metrics: Metrics) -> dict[str, float]:
    """Each sample by its name and labels, as Prometheus' own parser reads them."""
    return {
        " ".join([each.name, *sorted(each.labels.values())]): each.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for each in family.samples
    }


def test_requests_are_counted_by_route_and_status() -> None:
    metrics = Metrics()
    for status, seconds in ((200, 0.03), (200, 0.3), (413, 0.001)):
        metrics.count_request("/predict", status, seconds)

    found = values(metrics)

    assert found["unfreeze_requests_total /predict 200"] == 2
    assert found["unfreeze_requests_total /predict 413"] == 1
    assert found["unfreeze_rejected_total 413"] == 1
    assert "unfreeze_rejected_total 200" not in found
    assert found["unfreeze_request_seconds_bucket /predict 0.05"] == 2
    assert found["unfreeze_request_seconds_count /predict"] == 3


def test_photos_batches_and_the_queue_are_counted() -> None:
    metrics = Metrics()
    line = [1, 2, 3]
    metrics.watch_queue(lambda: len(line))
    metrics.count_photos(5, 2)
    metrics.count_batch(4)

    found = values(metrics)

    assert found["unfreeze_photos_total answered"] == 5
    assert found["unfreeze_photos_total unreadable"] == 2
    assert found["unfreeze_batch_photos_sum"] == 4
    assert found["unfreeze_waiting_photos"] == 3
    line.pop()
    assert values(metrics)["unfreeze_waiting_photos"] == 2


def test_two_servers_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.count_photos(1, 0)

    assert values(second)["unfreeze_photos_total answered"] == 0
