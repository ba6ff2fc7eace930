"""Our answers: one photo, many photos, many views of each."""

import time

import numpy as np

from benchmarks.ours.learning import learner
from benchmarks.protocol import Figures, Repeat, Task, serve
from unfreeze.runs.predictor import Classifier


def tta(task: Task) -> Repeat:
    """The validation photos, plain and in four augmented views."""
    learn = learner(task)

    def repeat() -> Figures:
        began = time.perf_counter()
        learn.TTA(n_aug=4)
        return {"seconds": time.perf_counter() - began}

    return repeat


def answers(task: Task) -> Repeat:
    """Photos from their files with a saved model, and arrays that are ready."""
    learn = learner(task)
    classifier = Classifier.load(learn.save("bench"), num_workers=task.workers)
    root = task.photos / "valid"
    files = [str(each) for each in sorted(root.rglob("*")) if each.is_file()]
    ready = np.stack([learn.data.val_ds[row][0] for row in range(task.batch_size)])

    def repeat() -> Figures:
        turns = [files[number % len(files)] for number in range(task.steps)]
        began = time.perf_counter()
        for file in turns:
            classifier.predict([file])
        one_by_one = time.perf_counter() - began
        began = time.perf_counter()
        classifier.predict(files)
        together = time.perf_counter() - began
        began = time.perf_counter()
        learn.predict_array(ready)
        alone = time.perf_counter() - began
        return {
            "ms a photo": 1000 * one_by_one / task.steps,
            "images/s": len(files) / together,
            "images/s of arrays": len(ready) / alone,
        }

    return repeat


if __name__ == "__main__":
    serve({"tta": tta, "answers": answers})
