"""``ConvLearner``: a pretrained backbone with a new head, and what it then answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float32, Shaped
from torch import Tensor, nn

from unfreeze.augment.normalise import normalise
from unfreeze.data.decode import preprocess
from unfreeze.data.screen import Screening
from unfreeze.errors import PlanError
from unfreeze.front.explanation import Explanation, explain
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.interpretation import Interpretation
from unfreeze.front.learner import Learner
from unfreeze.front.precompute import checked_precompute
from unfreeze.front.saved import cycles_in
from unfreeze.front.sight import Sight
from unfreeze.model_file.header import HeadShape
from unfreeze.models.activations import activations_of
from unfreeze.models.archs import Arch
from unfreeze.models.backbones import Weights, build_backbone
from unfreeze.models.classifier import (
    StagedClassifier,
    with_custom_head,
    with_new_head,
    with_original_head,
)
from unfreeze.models.heads import dropouts_of
from unfreeze.models.probe import evaluating
from unfreeze.numerics.ensembling import mean_log_probs, mean_probs
from unfreeze.numerics.keyed import Purpose
from unfreeze.numerics.losses import log_probs as log_probs_of
from unfreeze.records import Predictions, Task
from unfreeze.training.evaluate import logits_over
from unfreeze.training.restore import put_back
from unfreeze.training.source import Labels, Source
from unfreeze.training.supply import Supply
from unfreeze.training.tta import logits_of_views

__all__ = ["ConvLearner"]


class ConvLearner(Learner):
    """A learner whose backbone has seen a million photos before yours."""

    @classmethod
    def pretrained(
        cls,
        f: Arch | str,
        data: ImageClassifierData,
        ps: float | Sequence[float] | None = None,
        xtra_fc: Sequence[int] | None = None,
        xtra_cut: int = 0,
        custom_head: nn.Module | None = None,
        precompute: bool | int = False,
        pretrained: bool = True,
        *,
        weights: str | Path | None = None,
        original_head: bool = False,
        seed: int = 0,
        **kwargs: Any,  # noqa: ANN401  # handed to Learner, which lists them
    ) -> "ConvLearner":
        """Put a new head for your classes on a pretrained backbone, frozen.

        Args:
            f: An architecture: a name of the lesson (``resnet34``) or any timm name.
            data: The photos.
            ps: Dropout ahead of each linear layer of the head, 0 to below 1; one
                number for all, or one per layer. 0.25 and 0.5 unless given.
            xtra_fc: Widths of the head's hidden layers; ``[512]`` unless given.
            xtra_cut: Trailing stages of the backbone to leave out.
            custom_head: A module that reads the backbone's output instead of pool and
                head.
            precompute: Train the head on stored activations at first: True for those
                of the plain photos, a number for as many augmented views of each.
            pretrained: False begins with random weights.
            weights: A local file instead of a download: timm's or torchvision's
                layout, safetensors or a torch state dict.
            original_head: Keep the head the architecture was trained with, where your
                classes are those it was trained for.
            seed: Keys the head's first weights, and everything drawn while training.
            **kwargs: Everything else that ``Learner`` takes.

        Raises:
            PlanError: If a setting is out of range, or contradicts another.
            WeightsError: If the weights cannot be had, are damaged, or do not fit.
        """
        precompute = checked_precompute(precompute, data.augmentation)
        size = data.sz
        origin = _origin(pretrained, weights)
        if original_head:
            model = with_original_head(f, weights=origin, size=size, seed=seed)
            head = HeadShape(kind="original", xtra_fc=(), ps=())
        else:
            backbone = build_backbone(
                f, weights=origin, size=size, xtra_cut=xtra_cut, seed=seed
            )
            if custom_head is not None:
                model = with_custom_head(backbone, custom_head)
                head = HeadShape(kind="custom", xtra_fc=(), ps=())
            else:
                widths = (512,) if xtra_fc is None else tuple(xtra_fc)
                model = with_new_head(
                    backbone, data.c, xtra_fc=widths, ps=ps, seed=seed
                )
                head = HeadShape(
                    xtra_fc=widths, ps=tuple(dropouts_of(ps, len(widths) + 1))
                )
        if head.kind != "concat-pool":  # which is built to fit
            _require_outputs(model, data)
        learner = cls(data, model, head=head, seed=seed, **kwargs)
        learner.precompute = precompute
        if precompute:
            learner.store_activations()
        return learner

    def store_activations(self) -> None:
        """Compute and keep what the backbone makes of every photo, where missing.

        Of training photos in their augmented views, if ``precompute`` is a number.
        """
        self._stored_training_source()
        for split in filter(None, [self.data.valid, self.data.test]):
            with self._progress("storing activations") as bar:
                self._measured_supply.features(self.model, split, bar.show)

    def stored_activations(
        self, split: Literal["train", "valid"] = "valid"
    ) -> Float32[np.ndarray, "N ..."]:
        """What the backbone makes of the plain photos of a split, in index order.

        Read from the disk, or from memory; what is missing is computed, and kept on
        the disk where the backbone is frozen.
        """
        is_train = split == "train"
        photos = self.data.train if is_train else self.data.valid
        supply = self._supply if is_train else self._measured_supply
        is_frozen = self.model.is_backbone_frozen
        with self._progress("reading activations") as bar:
            source = supply.features(self.model, photos, bar.show, on_disk=is_frozen)
        return np.asarray(source.features[np.arange(len(source))], dtype=np.float32)

    def num_missing_activations(self) -> tuple[int, int]:
        """Photos whose plain activations are not stored yet.

        Returns:
            How many to learn from, and how many to measure on.
        """
        return (
            self._supply.num_missing(self.model, self.data.train),
            self._num_missing_to_measure(self._measured_supply),
        )

    def num_missing_answers(self) -> int:
        """Photos to measure on that ``measure_exactly`` would have to look at."""
        return self._num_missing_to_measure(self._make_exact_supply())

    def _num_missing_to_measure(self, supply: Supply) -> int:
        splits = filter(None, [self.data.valid, self.data.test])
        return sum(supply.num_missing(self.model, split) for split in splits)

    # --- answers ---------------------------------------------------------------

    def predict(
        self, is_test: bool = False, use_swa: bool = False
    ) -> Float32[np.ndarray, "N K"]:
        """Log-probabilities of the validation (or test) photos, in index order.

        Probabilities instead where photos carry several labels.
        """
        return self.predict_with_targs(is_test, use_swa)[0]

    def predict_with_targs(
        self, is_test: bool = False, use_swa: bool = False
    ) -> tuple[Float32[np.ndarray, "N K"], Labels | None]:
        """Predictions as ``predict`` gives them, and labels, None without."""
        split = self._split(is_test)
        model = self._averaged() if use_swa else self.model
        logits = logits_over(model, self._plain(split, model), self._setup)
        return self._answers(logits), split.index.labels

    def predict_array(self, arr: np.ndarray) -> Float32[np.ndarray, "B K"]:
        """Predictions for images (B 3 H W) that the validation transform has prepared.

        Raises:
            PlanError: If ``arr`` is not an array of shape B 3 H W.
        """
        if not isinstance(arr, np.ndarray) or arr.ndim != 4 or arr.shape[1] != 3:
            raise PlanError(
                f"predict_array takes a numpy array of shape (images, 3, height, "
                f"width), got {getattr(arr, 'shape', type(arr).__name__)}. Prepare "
                "images with val_tfms(image)[None]."
            )
        images = torch.from_numpy(np.ascontiguousarray(arr, dtype=np.float32))
        with evaluating(self.model), self._runtime.autocast():
            logits = self.model(images.to(self._runtime.device))
        return self._answers(logits.float().cpu())

    def predictions(self, is_test: bool = False) -> Predictions:
        """The record of all answers for one split, with file names and labels."""
        split = self._split(is_test)
        logits = logits_over(self.model, self._plain(split, self.model), self._setup)
        return self._record(split, log_probs_of(logits, self._task).numpy())

    def activations(
        self, image: str | Path | Shaped[np.ndarray, "H W 3"], layer: str = "pool"
    ) -> Float32[np.ndarray, "..."]:
        """What one layer says about one photo: which feature is where, how surely.

        Args:
            image: A file, or RGB as ``open_image`` returns it.
            layer: A name of ``learn.model.named_modules()``. ``"pool"`` is what the
                head reads and what ``precompute`` stores.

        Returns:
            (channels, height, width) of a convolution, (features,) behind a pool.

        Raises:
            PlanError: If there is no such layer.
        """
        if isinstance(image, np.ndarray):
            ready = torch.from_numpy(self.data.tfms[1](image)[None])
        else:
            pixels = preprocess(Path(image), self.data.spec)
            ready = normalise(torch.from_numpy(pixels[None]), self.data.spec)
        with self._runtime.autocast():
            found = activations_of(self.model, ready.to(self._runtime.device), [layer])
        return found[layer][0].float().cpu().numpy()

    def TTA(  # noqa: N802  # the lesson's name
        self, n_aug: int = 4, is_test: bool = False
    ) -> tuple[Float32[np.ndarray, "V N K"], Labels | None]:
        """Test-time augmentation: the plain photos and ``n_aug`` augmented passes.

        Returns:
            Log-probabilities (probabilities for several labels) of each pass, and
            labels. The plain pass comes first, once for every four augmented ones.
            ``TTA_probs`` averages them for you.
        """
        split = self._split(is_test)
        passes = self._answers(self._views(n_aug, split))
        plain = np.repeat(passes[:1], max(1, -(-n_aug // 4)), axis=0)
        return np.concatenate([plain, passes[1:]]), split.index.labels

    def TTA_probs(  # noqa: N802  # beside the lesson's name
        self, n_aug: int = 4, is_test: bool = False
    ) -> tuple[Float32[np.ndarray, "N K"], Labels | None]:
        """Mean probabilities over the passes of ``TTA``, and labels."""
        stack, labels = self.TTA(n_aug, is_test)
        if self._task is Task.MULTI:
            return stack.mean(axis=0), labels
        return mean_probs(stack).astype(np.float32), labels

    def predictions_of_views(
        self, n_aug: int = 4, is_test: bool = False
    ) -> tuple[Predictions, Predictions]:
        """Records of the plain photos, and of the mean over them and their views.

        Each pass counts once. The mean is of probabilities, computed from logarithms,
        so that none is rounded to 0 or 1.
        """
        split = self._split(is_test)
        passes = log_probs_of(self._views(n_aug, split), self._task).numpy()
        plain, averaged = passes[0], mean_log_probs(passes)
        return self._record(split, plain), self._record(split, averaged)

    def ensemble(
        self, name: str, *, tta: bool = False, is_test: bool = False
    ) -> Predictions:
        """Average the probabilities of all cycles that ``cycle_save_name=name`` saved.

        Those of the last fit under this name: what an earlier one with more cycles
        left is named, and left alone. The learner's own weights are afterwards as they
        were. The metrics of the average are shown, where there are labels.

        Raises:
            PlanError: If no cycle was saved under this name.
        """
        found = cycles_in(self.models_path, name)
        cycles = found.latest
        if not cycles:
            raise PlanError(
                f"There are no cycles {name}_cyc_*.safetensors in {self.models_path}. "
                f"Train with cycle_len=1 and cycle_save_name={name!r} first."
            )
        if found.earlier:
            self._output.write(
                f"note: An earlier fit left cycles {found.earlier} under the name "
                f"{name!r}. They are not averaged."
            )
        answers: list[Predictions] = []
        with put_back(self.model):
            for cycle in cycles:
                self.load_cycle(name, cycle)
                answers.append(
                    self.predictions_of_views(is_test=is_test)[1]
                    if tta
                    else self.predictions(is_test)
                )
        averaged = mean_log_probs(np.stack([each.log_probs for each in answers]))
        record = self._record(self._split(is_test), averaged)
        self._say_scores(f"{len(cycles)} cycles averaged", record)
        return record

    def interpret(self, is_test: bool = False) -> Interpretation:
        """What the model gets right and wrong on one labelled split."""
        return Interpretation(self.predictions(is_test), self._sight(is_test))

    def explain(self, image: int | str | Path, is_test: bool = False) -> Explanation:
        """Why the model says what it says of one photo, as pictures.

        Args:
            image: A row of the validation (or test) photos, or any file.
            is_test: Whether a row counts in the test photos.

        Raises:
            PlanError: If there is no such row.
        """
        spec, classes = self.data.spec, self.data.classes
        answer = np.zeros((1, len(classes)), dtype=np.float32)
        if isinstance(image, (str, Path)):
            photo = preprocess(Path(image), spec)
            unanswered = Predictions([Path(image).name], classes, answer, None)
        else:
            index = self._split(is_test).index
            (photo,) = self._sight(is_test).photos([image])
            labels = None if index.labels is None else index.labels[[image]]
            unanswered = Predictions([index.name(image)], classes, answer, labels)
        return explain(self.model, photo, spec, unanswered, task=self._task)

    def heat_maps(
        self,
        rows: Sequence[int],
        classes: Sequence[int] | None = None,
        is_test: bool = False,
    ) -> Float32[np.ndarray, "M h w"]:
        """What speaks for one class in each of some photos, from 0 to 1, by Grad-CAM.

        Args:
            rows: Of the validation (or test) photos.
            classes: One class number for each; the most probable ones unless given.
            is_test: Whether rows count in the test photos.

        Raises:
            PlanError: If there is no such row, or no such class.
        """
        sight = self._sight(is_test)
        if classes is None and len(rows):
            images = normalise(
                torch.from_numpy(np.stack(sight.photos(rows))), self.data.spec
            )
            classes = self.predict_array(images.numpy()).argmax(axis=1).tolist()
        return sight.heat(rows, [] if classes is None else classes)

    # --- what the answers share ------------------------------------------------

    def _split(self, is_test: bool) -> Screening:
        if not is_test:
            return self.data.valid
        if self.data.test is None:
            raise PlanError(
                "There are no test photos. Pass test_name='test1' (a folder beside "
                "train/) when building the data."
            )
        return self.data.test

    def _sight(self, is_test: bool) -> Sight:
        split = self._split(is_test)
        return Sight(
            index=split.index,
            spec=self.data.spec,
            model=self.model,
            features=lambda: self._measured_supply.features(
                self.model, split, on_disk=bool(self.precompute)
            ).features[np.arange(len(split.index))],
        )

    def _averaged(self) -> StagedClassifier:
        if self.swa_model is None:
            raise PlanError(
                "There are no averaged weights. Train with use_swa=True first, and let "
                "the fit come to its end."
            )
        return self.swa_model

    def _plain(self, split: Screening, model: StagedClassifier) -> Source:
        """Photos as evaluation sees them, or what is stored of them for ``model``.

        With precompute, and after ``measure_exactly``. An average over weights of all
        layers has a backbone of its own, of which nothing is stored.
        """
        is_stored = self.precompute or self._measured_supply is self._exact_supply
        if is_stored and model.is_backbone_frozen:
            return self._measured_supply.features(
                model, split, on_disk=bool(self.precompute)
            )
        is_test = split is self.data.test
        return self._supply.images(split, is_augmented=False, is_kept=not is_test)

    def _views(self, num_views: int, split: Screening) -> Tensor:
        return logits_of_views(
            self.model,
            self._plain(split, self.model),
            self._supply.images(split, is_augmented=True, purpose=Purpose.VIEWS),
            num_views,
            self._setup,
        )

    def _answers(
        self, logits: Float32[Tensor, "... K"]
    ) -> Float32[np.ndarray, "... K"]:
        """Log-probabilities for one label each, probabilities for several."""
        if self._task is Task.MULTI:
            return logits.sigmoid().numpy()
        return logits.log_softmax(-1).numpy()

    def _say_scores(self, title: str, record: Predictions) -> None:
        if record.labels is None:
            return
        scores = [
            f"{metric.name} {metric(record.log_probs, record.labels):.6f}"
            for metric in self.metrics
        ]
        self._output.write(": ".join([title, ", ".join(scores)]))

    def _record(
        self, split: Screening, log_probs: Float32[np.ndarray, "N K"]
    ) -> Predictions:
        index = split.index
        return Predictions(index.names, self.data.classes, log_probs, index.labels)


def _origin(pretrained: bool, weights: str | Path | None) -> Weights:
    if weights is not None:
        return Path(weights)
    return "pretrained" if pretrained else "none"


def _require_outputs(model: StagedClassifier, data: ImageClassifierData) -> None:
    """Refuse a head of the wrong width before anything is trained."""
    with evaluating(model):
        width = model(torch.zeros(2, 3, data.sz, data.sz)).shape[-1]
    if width != data.c:
        raise PlanError(
            f"The head has {width} outputs, and the photos have {data.c} classes. "
            "Change the head, or leave custom_head and original_head out."
        )
