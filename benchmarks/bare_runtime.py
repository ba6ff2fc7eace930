"""The same photos through the same model, with ONNX Runtime and no server.

    python -m benchmarks.bare_runtime model.onnx photos --seconds 60

From bytes in memory to probabilities: photos are decoded in as many threads as cores,
ahead of the model, which reads them in batches. Prints one JSON object.
"""

import argparse
import json
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import numpy as np
import onnxruntime

from unfreeze.bundle import read_bundle
from unfreeze.data.decode import preprocess

__all__ = ["main"]


def _squares(
    files: Sequence[bytes], threads: ThreadPoolExecutor, ahead: int, model: Path
) -> Iterator[np.ndarray]:
    spec = read_bundle(model).header.image
    waiting: deque[Future[np.ndarray]] = deque()
    for content in cycle(files):
        waiting.append(threads.submit(preprocess, content, spec))
        if len(waiting) > ahead:
            yield waiting.popleft().result()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run for some time; print images per second."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_runtime")
    add = parser.add_argument
    add("model", type=Path)
    add("photos", type=Path)
    add("--seconds", type=float, default=60)
    add("--batch", type=int, default=16)
    add("--threads", type=int, default=2)
    add("--spin", action="store_true", help="as ONNX Runtime does by default")
    add("--limit", type=int, default=200, help="photos to take turns with")
    options = parser.parse_args(arguments)
    paths = sorted(options.photos.rglob("*.jpg"))[: options.limit]
    session_options = onnxruntime.SessionOptions()
    session_options.intra_op_num_threads = options.threads
    spin = "1" if options.spin else "0"
    session_options.add_session_config_entry("session.intra_op.allow_spinning", spin)
    session = onnxruntime.InferenceSession(
        options.model, session_options, providers=["CPUExecutionProvider"]
    )
    pool = ThreadPoolExecutor(options.threads)
    squares = _squares(
        [each.read_bytes() for each in paths], pool, 2 * options.batch, options.model
    )
    started, images = time.perf_counter(), 0
    while time.perf_counter() - started < options.seconds:
        batch = np.stack([next(squares) for _ in range(options.batch)])
        session.run(["probabilities"], {"pixels": batch})
        images += len(batch)
    passed = time.perf_counter() - started
    pool.shutdown(cancel_futures=True)
    print(json.dumps({"images/s": images / passed}))


if __name__ == "__main__":
    main()
