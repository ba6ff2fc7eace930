"""Draw the pictures of README and docs with the library's own functions.

Run ``python tools/make_pictures.py`` from the repository. The schedules are arithmetic;
the others come from the demo: scikit-learn's digits and the embedded backbone.
"""

import tempfile
from pathlib import Path

import numpy as np

from unfreeze.data.decode import read_pixels
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.insight.confusion import confusion_matrix
from unfreeze.insight.plots import Picture, confusion_plot, image_grid, schedule_picture
from unfreeze.numerics.schedules import cosine_restarts
from unfreeze.records import Predictions
from unfreeze.runs.demo import demo_photos, demo_settings
from unfreeze.runs.photos import read_photos
from unfreeze.runs.predictor import Classifier
from unfreeze.runs.training_run import train_folder

_HOME = Path(__file__).parents[1] / "docs/pictures"
_STEPS_PER_EPOCH = 360  # the lesson's 23,000 photos in batches of 64
_SHOWN = 12


def main() -> None:
    """Draw all of them."""
    _HOME.mkdir(parents=True, exist_ok=True)
    for multiple in (1, 2):
        schedule = cosine_restarts(_STEPS_PER_EPOCH, 3, cycle_mult=multiple)
        _keep(f"cycle_mult_{multiple}", schedule_picture(schedule, _STEPS_PER_EPOCH))
    _keep("rate_finder", _rate_finder())
    predictions = _demo_predictions()
    _keep("demo_confusion", _confusion(predictions))
    _keep("demo_answers", _answers(predictions))


def _rate_finder() -> Picture:
    settings = demo_settings()
    data = read_photos(demo_photos(), settings)
    learn = ConvLearner.pretrained(settings.arch, data, precompute=True)
    learn.lr_find()
    return learn.sched.plot()


def _demo_predictions() -> Predictions:
    with tempfile.TemporaryDirectory() as run:
        train_folder(demo_photos(), Path(run), demo_settings())
        return Classifier.load(run).evaluate(demo_photos()).predictions


def _confusion(predictions: Predictions) -> Picture:
    predicted = predictions.log_probs.argmax(axis=1)
    matrix = confusion_matrix(predictions.labels, predicted, predictions.classes)
    num_right = int(np.trace(matrix))
    title = f"{num_right} of {matrix.sum()} validation digits right"
    return confusion_plot(matrix, predictions.classes, title=title)


def _answers(predictions: Predictions) -> Picture:
    """Show the hardest half a dozen, and as many from everywhere."""
    hardest = np.argsort(-predictions.losses(), kind="stable")[: _SHOWN // 2]
    others = np.linspace(0, len(predictions.names) - 1, _SHOWN // 2).astype(int)
    rows = [*hardest.tolist(), *others.tolist()]
    folder = demo_photos() / "valid"
    images = [read_pixels(folder / predictions.names[row]) for row in rows]
    titles = [_title(predictions, row) for row in rows]
    return image_grid(images, titles, columns=6)


def _title(predictions: Predictions, row: int) -> str:
    probs = predictions.probs[row]
    best = int(probs.argmax())
    true = predictions.classes[int(predictions.labels[row])]
    return f"{predictions.classes[best]} ({probs[best]:.2f})\ntruly {true}"


def _keep(name: str, picture: Picture) -> None:
    (_HOME / f"{name}.png").write_bytes(picture.png())


if __name__ == "__main__":
    main()
