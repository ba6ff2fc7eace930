"""``Learner``: a model, its photos, and the verbs of the lesson.

Every method is a few lines that delegate. What learns, and from what, is in the class
that it is built upon.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from typing_extensions import override

from unfreeze.errors import PlanError
from unfreeze.front.diary import Diary
from unfreeze.front.exchange import is_measured_alike
from unfreeze.front.fitting import (
    Averaging,
    CountEpochs,
    Decay,
    Output,
    Saving,
    words_of,
)
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.model_on_photos import ModelOnPhotos
from unfreeze.front.saved import cycle_name, existing_file, file_of
from unfreeze.front.sched import Sched
from unfreeze.model_file.header import HeadShape, ModelHeader
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.balance import Balance
from unfreeze.numerics.metrics import (
    Metric,
    MetricFunction,
    accuracy,
    accuracy_thresh,
    as_metric,
)
from unfreeze.numerics.schedules import rising
from unfreeze.numerics.suggest import Suggestion
from unfreeze.optim.builders import OptimizerBuilder, sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer, PerGroup, one_each
from unfreeze.places import beside, made, ours_beside
from unfreeze.records import Task
from unfreeze.training.bn_statistics import refresh_statistics
from unfreeze.training.callbacks.average_weights import AverageWeights
from unfreeze.training.callbacks.base import Callback
from unfreeze.training.callbacks.keep_best import BestScore
from unfreeze.training.checkpoint import load_weights, save_model
from unfreeze.training.evaluate import Evaluation
from unfreeze.training.history import EpochRow
from unfreeze.training.loop import Fit
from unfreeze.training.lr_find import find_rate
from unfreeze.training.plan import FitPlan
from unfreeze.training.runtime import Runtime
from unfreeze.training.speeds import Speeds, measure_speeds

__all__ = ["Learner"]


class Learner(ModelOnPhotos):
    """A classifier that can be trained, measured and saved.

    Args:
        data: The photos. Its path is where ``models/`` and ``tmp/`` go.
        model: Backbone, pool and head.
        opt_fn: Builds an optimizer from parameter groups; SGD with momentum 0.9
            unless given.
        metrics: Functions of (predictions, labels) over a whole split. Accuracy
            unless given.
        clip: Largest total gradient norm; None leaves gradients as they are.
        head: What a saved file says of the head.
        seed: Keys the order of photos, augmentation, dropout and the head's first
            weights. Same seed, same machine: same weights, bit for bit.
        runtime: The machine; found out unless given.
        output: Where tables, bars and history rows go.
        tmp_name: Folder for stored activations, beside the photos or absolute.
        models_name: Folder for saved weights, likewise.
        cache_gb: Room on the disk for decoded photos, beside the activations, in
            gigabytes; at most a quarter of what is free. 0 decodes in every epoch.
        balance: Make rare classes count as much as frequent ones: ``"weights"`` in the
            loss, or ``"sampling"``, which shows all classes equally often.
        settings: Further hyperparameters to carry in saved files.
        diary: Remembers searches and fits of an earlier process, for a run that goes
            on; nothing unless given.
    """

    def __init__(  # the lesson's keywords, and ours behind them
        self,
        data: ImageClassifierData,
        model: StagedClassifier,
        *,
        opt_fn: OptimizerBuilder | None = None,
        metrics: Sequence[Metric | MetricFunction] | None = None,
        clip: float | None = None,
        head: HeadShape | None = None,
        seed: int = 0,
        runtime: Runtime | None = None,
        output: Output | None = None,
        tmp_name: str | Path = "tmp",
        models_name: str | Path = "models",
        cache_gb: float = 20.0,
        balance: Balance = "none",
        settings: Mapping[str, Any] | None = None,
        diary: Diary | None = None,
    ) -> None:
        super().__init__(
            data,
            model,
            seed=seed,
            runtime=runtime,
            output=output,
            tmp_name=tmp_name,
            cache_gb=cache_gb,
            balance=balance,
        )
        self.opt_fn = opt_fn or sgd
        self.clip = clip
        self.settings: dict[str, Any] = {
            **(settings or {}),
            "bs": data.bs,
            "seed": seed,
            "balance": balance,
            "fits": [],
        }
        """Hyperparameters so far; they travel in every saved file."""
        self.epochs_done = 0
        """Epochs over all fits; keys order and augmentation of the next one."""
        self.swa_model: StagedClassifier | None = None
        self._metrics = _metrics_or_default(metrics, self._task)
        self._head = head or HeadShape(kind="custom", xtra_fc=(), ps=())
        self._diary = diary or Diary()
        self._models_name = Path(models_name)
        self._sched: Sched | None = None
        self._best: dict[str, BestScore] = {}

    # --- what the lesson reads -------------------------------------------------

    @property
    def metrics(self) -> list[Metric]:
        """Scores over the validation photos; the first one decides what is best."""
        return list(self._metrics)

    @metrics.setter
    def metrics(self, metrics: Sequence[Metric | MetricFunction]) -> None:
        self._metrics = [as_metric(each) for each in metrics]

    @property
    def sched(self) -> Sched:
        """The record of the last fit or rate search, with its plots.

        Raises:
            PlanError: Before the first of them.
        """
        if self._sched is None:
            raise PlanError(
                "There is nothing to show yet. Call learn.lr_find() or learn.fit() "
                "first."
            )
        return self._sched

    @property
    def models_path(self) -> Path:
        """Folder of saved weights. It is made by the first ``save``."""
        place = ours_beside if self.data.has_class_folders else beside
        return place(self.data.path, self._models_name)

    # --- the photos ------------------------------------------------------------

    @override
    def set_data(
        self, data: ImageClassifierData, precompute: bool | int = False
    ) -> None:
        """Go on with other photos, for example the same ones at a larger size.

        The weights stay; the backbone is frozen. What ``best_save_name`` has to beat
        is forgotten where validation photos or their size are others: a score on them
        says nothing about a score on these.

        Raises:
            PlanError: If the classes are not the same, in the same order, photos have
                several labels instead of one or the other way round, or ``precompute``
                cannot be had for these photos.
        """
        before = self.data
        super().set_data(data, precompute)
        self.settings["bs"] = data.bs
        if self.swa_model is not None and data.sz != before.sz:
            self.swa_model.backbone.resize_input(data.sz)
        if not is_measured_alike(before, data):
            self._forget_best()

    def _forget_best(self) -> None:
        names = [name for name in self._best if name]
        self._best.clear()
        if names:
            self._output.write(
                f"note: What best_save_name={names[0]!r} has to beat starts anew: "
                "scores on other photos, or at another size, cannot be compared. The "
                "next fit under this name replaces the file; take another to keep it."
            )

    # --- training --------------------------------------------------------------

    def get_layer_opt(self, lrs: PerGroup, wds: PerGroup | None) -> LayerOptimizer:
        """A fresh optimizer with these peak rates and decays per layer group."""
        return LayerOptimizer(self.opt_fn, self.get_layer_groups(), lrs, wds)

    def fit(
        self,
        lrs: PerGroup,
        n_cycle: int,
        wds: PerGroup | None = None,
        **kwargs: Any,  # noqa: ANN401  # handed to fit_gen, which lists them
    ) -> EpochRow:
        """Train, and print a line per epoch.

        Args:
            lrs: Peak learning rate: one number, or one per layer group, the layers
                nearest the photo first.
            n_cycle: Cycles; without ``cycle_len``, epochs at a constant rate.
            wds: Weight decay, given like ``lrs``.
            **kwargs: Everything else that ``fit_gen`` takes.

        Returns:
            The last epoch: its number, training loss, validation loss, metrics, time.

        Raises:
            PlanError: If a setting is out of range, or contradicts another.
            DivergedError: If the loss exploded; the weights are then
                those from before that epoch.
        """
        layer_opt = self.get_layer_opt(lrs, wds)
        return self.fit_gen(self.model, self.data, layer_opt, n_cycle, **kwargs)

    def fit_gen(
        self,
        model: StagedClassifier,
        data: ImageClassifierData,
        layer_opt: LayerOptimizer,
        n_cycle: int,
        cycle_len: int | None = None,
        cycle_mult: float = 1,
        cycle_save_name: str | None = None,
        best_save_name: str | None = None,
        use_clr: Sequence[float] | None = None,
        use_clr_beta: Sequence[float] | None = None,
        metrics: Sequence[Metric | MetricFunction] | None = None,
        callbacks: Sequence[Callback] | None = None,
        use_wd_sched: bool = False,
        norm_wds: bool = False,
        wds_sched_mult: Callable[[LayerOptimizer], float] | None = None,
        use_swa: bool = False,
        swa_start: int = 1,
        swa_eval_freq: int = 5,
        *,
        early_size: int | None = None,
    ) -> EpochRow:
        """Train with an optimizer that is already there; ``fit`` builds one.

        Args:
            model: The learner's own model.
            data: The learner's own photos.
            layer_opt: Peak rates and decays per layer group.
            n_cycle: Cycles; without ``cycle_len``, epochs at a constant rate.
            cycle_len: Epochs of the first cycle. The rate falls along a cosine within
                a cycle and jumps back at its end (SGDR).
            cycle_mult: Each cycle is this many times as long as the one before. The
                rate over three cycles that begin with ``cycle_len=1``::

                    cycle_mult=1   █▅▁█▅▁█▅▁
                    cycle_mult=2   █▅▁█▇▅▃▂▁██▇▇▆▅▄▃▂▂▁▁

            cycle_save_name: Save the weights at each cycle's end, for ``ensemble``.
            best_save_name: Save the weights whenever an epoch beats all before it, in
                this and earlier fits under the same name: by the first metric, or by
                the loss where an earlier fit had another first metric.
            use_clr: (div, cut_div[, mom_max, mom_min]): a slanted triangle per cycle.
            use_clr_beta: (div, pct[, mom_max, mom_min]): a 1cycle per cycle.
            metrics: Instead of the learner's.
            callbacks: Called besides the built-in ones; the list is left as it is.
            use_wd_sched: Decay the weights themselves instead of the loss.
            norm_wds: Divide that decay by the square root of the cycle's batches.
            wds_sched_mult: Further factor on it, as a function of the optimizer.
            use_swa: Keep the mean of the weights at epoch ends in ``swa_model``.
            swa_start: First epoch that counts for it, from 1.
            swa_eval_freq: Epochs between its measurements.
            early_size: Side in pixels of the training photos in the first two thirds
                of each cycle's epochs (rounded down). Smaller ones take less time; what
                is measured has its full size in every epoch.
        """
        self._require_own(model, data)
        plan = FitPlan(
            cycles=n_cycle,
            cycle_len=cycle_len,
            cycle_mult=cycle_mult,
            clr=use_clr,
            clr_beta=use_clr_beta,
            clip_norm=self.clip,
        )
        scores = self.metrics if metrics is None else [as_metric(m) for m in metrics]
        decay = Decay(
            is_scheduled=use_wd_sched,
            is_normalised=norm_wds,
            multiplier=wds_sched_mult,
        )
        saving = Saving(
            cycle_name=cycle_save_name,
            best_name=best_save_name,
            has_cycles=plan.has_cycles,
        )
        averaging = Averaging(
            is_wanted=use_swa, start=swa_start, measure_every=swa_eval_freq
        )
        measure = partial(self._measure_averaged, metrics=scores)
        averages = list(averaging.callbacks(measure, plan.epochs))
        best = self._best.setdefault(best_save_name or "", BestScore())
        asked = [
            *averages,
            *decay.callbacks(layer_opt),
            *saving.callbacks(self._save, best, scores),
            *(callbacks or ()),
        ]
        words = words_of(plan, layer_opt, self.precompute, early_size)
        if cycle_save_name is not None:
            words["id"] = token_hex(8)
        if averages:
            self.swa_model = None  # that of an earlier fit, should this one not end
        row = self._run(plan, layer_opt, scores, asked, words)
        for average in averages:
            row = self._settled(average, row)
        return row

    def _settled(self, average: AverageWeights, row: EpochRow) -> EpochRow:
        """Take over averaged weights, measured after the last epoch in any case."""
        figures = average.settle()
        self.swa_model = average.model
        if not figures:
            return row
        found = ", ".join(f"{name} {figure:.6f}" for name, figure in figures.items())
        self._output.write(f"averaged weights: {found}")
        return replace(row, extra={**row.extra, **figures})

    def lr_find(
        self,
        start_lr: PerGroup = 1e-5,
        end_lr: float = 10,
        wds: PerGroup | None = None,
        linear: bool = False,
        *,
        num_it: int = 100,
        repeats: int | None = None,
    ) -> Suggestion:
        """Raise the learning rate batch by batch, and suggest one.

        The model is afterwards as it was, also after Ctrl-C. ``sched.plot()`` draws
        the curve.

        Args:
            start_lr: Lowest rate of the head; one per layer group keeps their ratios.
            end_lr: Highest rate of the head.
            wds: Weight decay, as in ``fit``.
            linear: Rise by equal steps instead of equal ratios.
            num_it: Batches of a sweep, however few an epoch has.
            repeats: Sweeps, each over other batches, to see whether they agree. Three
                on stored activations, where they cost next to nothing, else one.

        Returns:
            A rate for the head with its interval, a verdict and the reason.
        """
        groups = self.get_layer_groups()
        starts = one_each(start_lr, len(groups), "learning rates")
        if not starts[-1] > 0:
            raise PlanError(
                f"start_lr must be above 0 for the head, got {start_lr}. Its rate is "
                "multiplied from batch to batch."
            )
        known = self._diary.past_search(self.model)
        if known is not None:
            self._sched = Sched(known.history, known)
            return known.suggestion
        ratios = [start / starts[-1] for start in starts]
        source = self._training_source()
        with self._progress("trying learning rates") as bar:
            search = find_rate(
                self.model,
                source,
                partial(self.get_layer_opt, ratios, wds),
                rising(num_it, starts[-1], end_lr, linear),
                setup=self._setup,
                repeats=repeats or (3 if self.precompute else 1),
                bn_frozen=self._is_bn_frozen,
                clip_norm=self.clip,
                on_step=bar.show,
            )
        self._sched = Sched(search.history, search)
        self._output.note_search(search)
        self._diary.note_search(self.model)
        return search.suggestion

    def measure_speeds(
        self, seconds: float = 10.0, bn_frozen: bool | None = None
    ) -> Speeds:
        """Find out how long photos take on this machine, and change nothing.

        Args:
            seconds: To spend on it, about.
            bn_frozen: Whether batch norms keep their statistics when all layers learn;
                as ``bn_freeze`` has set it unless given.
        """
        self._require_learnable()
        train = self.data.train
        with self._progress("measuring speeds") as bar:
            return measure_speeds(
                self.model,
                plain=self._supply.images(train, is_augmented=False),
                stored=self._supply.images(train, is_augmented=False, is_kept=False),
                augmented=self._supply.images(train, is_augmented=True),
                make_optimizer=partial(self.get_layer_opt, 1e-6, None),
                setup=self._setup,
                seconds=seconds,
                bn_frozen=self._is_bn_frozen if bn_frozen is None else bn_frozen,
                on_progress=bar.show,
            )

    def _run(
        self,
        plan: FitPlan,
        layer_opt: LayerOptimizer,
        metrics: Sequence[Metric],
        callbacks: Sequence[Callback],
        words: dict[str, Any],
    ) -> EpochRow:
        early_size = words["early_size"]
        source = self._training_source()
        early = self._early_source(early_size)
        self._say_if_augmentation_rests()
        fit_number = len(self.settings["fits"])
        self.settings["fits"].append(words)
        fit = Fit(
            model=self.model,
            groups=self.get_layer_groups(),
            source=source,
            setup=self._setup,
            optimizer=layer_opt,
            schedule=plan.schedule(self._steps_per_epoch(source)),
            epochs=plan.epochs,
            validate=self._validation(metrics),
            callbacks=[
                CountEpochs(words),
                *callbacks,
                *self._output.callbacks(f"fit {fit_number}"),
            ],
            first_epoch=self.epochs_done,
            early=early,
            early_epochs=plan.early_epochs,
            clip_norm=plan.clip_norm,
            bn_frozen=self._is_bn_frozen,
            past=self._diary.past_fit(),
            keep=self._diary.keep,
        )
        self._sched = Sched(fit.history)
        try:
            fit.run()
        finally:
            self.epochs_done += len(fit.history.epochs)
        return fit.history.epochs[-1]

    # --- saving ----------------------------------------------------------------

    def save(self, name: str) -> Path:
        """Write the model to ``models/<name>.safetensors``, whole or not at all.

        The file alone is enough to predict: it carries architecture, classes, image
        size and settings besides the weights.

        Raises:
            PlanError: If the name is empty, or leads out of ``models_path``.
        """
        return self._save(name, None)

    def load(self, name: str) -> None:
        """Read weights saved under ``name``; all of them fit or none is changed.

        Also reads ``<name>.h5`` and ``<name>.pth`` if they are torch state dicts of
        this model, and never anything that could run code. Those do not name their
        classes, so that you have to know that they are the same, in the same order.

        Raises:
            PlanError: If the name is empty, or leads out of ``models_path``.
            WeightsError: If there is no such file, it is damaged, it was trained for
                other classes or the same ones in another order, or it does not fit.
        """
        if not self._diary.is_recalling:
            # A colleague's models can be read where new ones must go elsewhere.
            folders = (self.models_path, self.data.path / self._models_name)
            file = existing_file(folders, name)
            load_weights(self.model, file, self._header())

    def load_cycle(self, name: str, cycle: int) -> None:
        """Read the weights that ``cycle_save_name=name`` saved after a cycle."""
        self.load(cycle_name(name, cycle))

    def _save(self, name: str, epochs_run: int | None) -> Path:
        """Save, as it was after so many epochs of the latest fit, or as it is."""
        folder = self.models_path
        file = file_of(folder, name)
        if folder.parent == self.data.path and self.data.has_class_folders:
            made(folder)  # marked as ours: it must not become a class
        header = self._header()
        if epochs_run is not None:
            *earlier, latest = self.settings["fits"]
            fits = [*earlier, {**latest, "epochs_run": epochs_run}]
            header = replace(header, settings={**self.settings, "fits": fits})
        return save_model(file, self.model, header)

    def _header(self) -> ModelHeader:
        return ModelHeader(
            arch=self.model.backbone.arch,
            classes=self.data.classes,
            image=self.data.spec,
            xtra_cut=self.model.backbone.xtra_cut,
            task=self._task,
            head=self._head,
            settings=self.settings,
        )

    def _measure_averaged(
        self, model: StagedClassifier, metrics: Sequence[Metric]
    ) -> Evaluation:
        if not self._is_bn_frozen:
            refresh_statistics(model, self._training_source(), self._setup)
        return self._validation(metrics)(model)

    def _require_own(self, model: StagedClassifier, data: ImageClassifierData) -> None:
        if model is not self.model or data is not self.data:
            raise PlanError(
                "fit_gen trains the learner's own model on its own photos. Pass "
                "learn.model and learn.data; learn.set_data() changes the photos."
            )


def _metrics_or_default(
    metrics: Sequence[Metric | MetricFunction] | None, task: Task
) -> list[Metric]:
    if metrics is not None:
        return [as_metric(each) for each in metrics]
    return [as_metric(accuracy if task is Task.SINGLE else accuracy_thresh(0.5))]
