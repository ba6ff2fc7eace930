"""Augmented photos per second, out of files and in later epochs."""

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import ours, peer
from benchmarks.harness import OURS, Goal, more_than

BENCHMARK = Benchmark(
    name="loader",
    about=(
        "Photos per second that a training loop would get, augmented and normalised, "
        "with the same number of workers: cold (the first epoch, from JPEG files in "
        "the page cache) and warm (a later epoch). Peers with their own usual "
        "augmentation. Beside them, what no loader can beat: decoding alone, and one "
        "copy and one warp of each decoded photo alone, on as many threads: as OpenCV "
        "is usually called, and by the quicker way that we take, over four channels."
    ),
    contestants=[
        ours("loading.epochs"),
        peer("fastai", "fastai_driver.loader"),
        peer("timm", "timm_driver.loader"),
        peer("torchvision", "torch_driver.loader"),
        ours("loading.warp_alone", name="warp alone"),
        peer("decode alone", "decode_driver.decode"),
    ],
    goals=[
        more_than("fastai", "images/s warm", at_least=8.0),
        more_than("timm", "images/s warm", at_least=8.0),
        more_than("torchvision", "images/s warm"),
        Goal(
            name="warm in the number format of our fits: times timm",
            over=(OURS, "images/s warm, as fits read"),
            under=("timm", "images/s warm"),
            at_least=8.0,
        ),
        more_than("fastai", "images/s cold", at_least=2.5),
        more_than("timm", "images/s cold", at_least=2.5),
        more_than("torchvision", "images/s cold"),
        Goal(
            name="warm 8-bit pixels: share of warp alone",
            over=(OURS, "images/s warm, 8-bit"),
            under=("warp alone", "images/s"),
            at_least=0.8,
        ),
        Goal(
            name="warm 8-bit pixels: share of warp alone by four channels",
            over=(OURS, "images/s warm, 8-bit"),
            under=("warp alone", "images/s by four channels"),
        ),
        Goal(
            name="cold: share of decode alone",
            over=(OURS, "images/s cold"),
            under=("decode alone", "images/s"),
        ),
    ],
)

if __name__ == "__main__":
    BENCHMARK.main()
