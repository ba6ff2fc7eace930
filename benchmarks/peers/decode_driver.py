"""libjpeg-turbo alone: what decoding every photo costs, and nothing else."""

import time
from concurrent.futures import ThreadPoolExecutor

import simplejpeg

from benchmarks.protocol import Figures, Repeat, Task, serve


def decode(task: Task) -> Repeat:
    """Decode every training photo in full size, on as many threads as loaders have."""
    files = sorted((task.photos / "train").rglob("*.jp*g"))
    contents = [file.read_bytes() for file in files]
    contents = [each for each in contents if simplejpeg.is_jpeg(each)]

    def repeat() -> Figures:
        with ThreadPoolExecutor(task.workers) as pool:
            began = time.perf_counter()
            for _ in pool.map(simplejpeg.decode_jpeg, contents):
                pass
            return {"images/s": len(contents) / (time.perf_counter() - began)}

    return repeat


if __name__ == "__main__":
    serve({"decode": decode})
