"""Our learner: epochs of the head, epochs of the whole network, the rate finder."""

import time

from benchmarks.protocol import Figures, Repeat, Task, serve
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.fitting import Output
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.recipe import layer_rates
from unfreeze.front.tfms import tfms_from_model, transforms_side_on

__all__ = ["learner", "silent_learner", "usual_data"]

_USUAL_RATE = 1e-2


def learner(task: Task) -> ConvLearner:
    """A learner as the lesson builds it, silent."""
    return silent_learner(task, seed=0)


def silent_learner(task: Task, seed: int) -> ConvLearner:
    """The same with a seed of its own."""
    return ConvLearner.pretrained(
        task.arch,
        usual_data(task),
        weights=task.weights_file,
        seed=seed,
        output=Output(write=lambda line: None, has_bar=False, has_hints=False),
    )


def usual_data(task: Task, *, size: int | None = None) -> ImageClassifierData:
    """The photos with the lesson's augmentation; at the task's size unless given."""
    tfms = tfms_from_model(
        task.arch, size or task.size, transforms_side_on, max_zoom=1.1
    )
    return ImageClassifierData.from_paths(
        task.photos, task.batch_size, tfms, num_workers=task.workers
    )


def frozen(task: Task) -> Repeat:
    """Epochs of the head, at the lesson's rate."""
    learn = learner(task)
    return lambda: _epoch(learn, [_USUAL_RATE])


def unfrozen(task: Task) -> Repeat:
    """Epochs of the whole network, earlier layers more slowly."""
    learn = learner(task)
    learn.unfreeze()
    return lambda: _epoch(learn, layer_rates(_USUAL_RATE))


def lr_find(task: Task) -> Repeat:
    """Sweeps over batches of augmented photos, with the backbone frozen."""
    learn = learner(task)

    def repeat() -> Figures:
        began = time.perf_counter()
        learn.lr_find(num_it=task.steps)
        seconds = time.perf_counter() - began
        steps = len(learn.sched.iterations)
        return {"seconds": seconds, "steps": steps, "steps/s": steps / seconds}

    return repeat


def _epoch(learn: ConvLearner, rates: list[float]) -> Figures:
    began = time.perf_counter()
    row = learn.fit(rates, 1, cycle_len=1)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "accuracy": row.metrics["accuracy"]}


if __name__ == "__main__":
    serve({"frozen": frozen, "unfrozen": unfrozen, "lr_find": lr_find})
