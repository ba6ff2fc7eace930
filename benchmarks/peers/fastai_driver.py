"""fastai: its loader, epochs, rate finder, views and answers."""

import time

from fastai.vision.all import Learner

from benchmarks.peers.fastai_learner import learner, loaders
from benchmarks.protocol import Figures, Repeat, Task, serve

_BASE_RATE = 2e-3  # of fine_tune, whose two halves the epochs below are


def load(task: Task) -> Repeat:
    """Epochs of the training loader."""

    def repeat() -> Figures:
        batches = loaders(task).train
        return {"images/s cold": _rate(batches), "images/s warm": _rate(batches)}

    return repeat


def frozen(task: Task) -> Repeat:
    """Epochs of the head."""
    learn = learner(task)
    return lambda: _epoch(learn, slice(_BASE_RATE), pct_start=0.99)


def unfrozen(task: Task) -> Repeat:
    """Epochs of the whole network."""
    learn = learner(task)
    learn.unfreeze()
    rates = slice(_BASE_RATE / 200, _BASE_RATE / 2)
    return lambda: _epoch(learn, rates, pct_start=0.3, div=5.0)


def lr_find(task: Task) -> Repeat:
    """Sweeps with the backbone frozen."""
    learn = learner(task)

    def repeat() -> Figures:
        began = time.perf_counter()
        learn.lr_find(num_it=task.steps, show_plot=False)
        seconds = time.perf_counter() - began
        steps = len(learn.recorder.losses)
        return {"seconds": seconds, "steps": steps, "steps/s": steps / seconds}

    return repeat


def tta(task: Task) -> Repeat:
    """The validation photos, plain and in four augmented views."""
    learn = learner(task)

    def repeat() -> Figures:
        began = time.perf_counter()
        learn.tta(n=4)
        return {"seconds": time.perf_counter() - began}

    return repeat


def answers(task: Task) -> Repeat:
    """One photo after another, and all validation photos at once."""
    learn = learner(task)
    files = [str(each) for each in learn.dls.valid.items]

    def repeat() -> Figures:
        began = time.perf_counter()
        for number in range(task.steps):
            learn.predict(files[number % len(files)])
        one_by_one = time.perf_counter() - began
        began = time.perf_counter()
        learn.get_preds(dl=learn.dls.test_dl(files, num_workers=task.workers))
        together = time.perf_counter() - began
        return {
            "ms a photo": 1000 * one_by_one / task.steps,
            "images/s": len(files) / together,
        }

    return repeat


def _epoch(learn: Learner, rates: slice, **words: float) -> Figures:
    began = time.perf_counter()
    learn.fit_one_cycle(1, rates, **words)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "accuracy": float(learn.recorder.values[-1][-1])}


def _rate(batches: object) -> float:
    count = 0
    began = time.perf_counter()
    for images, _ in batches:
        count += len(images)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    serve(
        {
            "loader": load,
            "frozen": frozen,
            "unfrozen": unfrozen,
            "lr_find": lr_find,
            "tta": tta,
            "answers": answers,
        }
    )
