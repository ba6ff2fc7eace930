"""``Learner``: a model, its photos, and the verbs of the lesson.

Every method is a few lines that delegate. The model is one object throughout:
``precompute`` changes where batches come from and nothing else, so its head, its layer
groups and its files are the same with and without it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from typing_extensions import override

from unfreeze.errors import PlanError
from unfreeze.front.diary import Diary
from unfreeze.front.fitting import Decay, Output, Saving
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.precompute import checked_precompute
from unfreeze.front.sched import Sched
from unfreeze.model_file.header import HeadShape, ModelHeader
from unfreeze.models import groups as layer_freezing
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import layer_groups
from unfreeze.models.partition import LayerGroup
from unfreeze.models.summary import LayerRow, summarise
from unfreeze.numerics.balance import Balance, class_weights, require_balance
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
from unfreeze.places import made, writable_home
from unfreeze.records import Task
from unfreeze.training.bn_statistics import refresh_statistics
from unfreeze.training.callbacks.average_weights import AverageWeights
from unfreeze.training.callbacks.bar import Bar
from unfreeze.training.callbacks.base import Callback
from unfreeze.training.callbacks.keep_best import BestScore
from unfreeze.training.checkpoint import load_weights, save_model
from unfreeze.training.evaluate import Evaluation, evaluate
from unfreeze.training.history import EpochRow
from unfreeze.training.loop import Fit
from unfreeze.training.lr_find import find_rate
from unfreeze.training.micro_batches import MicroBatches
from unfreeze.training.plan import FitPlan
from unfreeze.training.runtime import AcceleratedRuntime, Runtime
from unfreeze.training.source import Loading, Setup, Source
from unfreeze.training.speeds import Speeds, measure_speeds
from unfreeze.training.supply import Supply

__all__ = ["Learner"]


class Learner:
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
        require_balance(balance, is_multi=data.is_multi)
        self.data = data
        self.model = model
        self.balance = balance
        self.opt_fn = opt_fn or sgd
        self.clip = clip
        self.seed = seed
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
        self._task = Task.MULTI if data.is_multi else Task.SINGLE
        self._metrics = _metrics_or_default(metrics, self._task)
        self._head = head or HeadShape(kind="custom", xtra_fc=(), ps=())
        self._runtime = runtime or AcceleratedRuntime()
        self._output = output or Output()
        self._diary = diary or Diary()
        self._tmp_name = Path(tmp_name)
        self._models_name = Path(models_name)
        self._cache_gb = cache_gb
        self._sched: Sched | None = None
        self._best: dict[str, BestScore] = {}
        self._is_bn_frozen = False
        self._precompute: bool | int = False
        self._notes: set[str] = set()
        self._supply = self._make_supply(self._setup)
        self._exact_supply: Supply | None = None
        self._runtime.place(self.model)
        self.freeze()

    @override
    def __repr__(self) -> str:
        return repr(self.model)

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
        return writable_home(self.data.path) / self._models_name

    @property
    def tmp_path(self) -> Path:
        """Folder of stored activations. It is made when the first are stored."""
        return writable_home(self.data.path) / self._tmp_name

    @property
    def runtime(self) -> Runtime:
        """The machine the model runs on."""
        return self._runtime

    def get_layer_groups(self) -> list[LayerGroup]:
        """Early backbone, late backbone, head: what is frozen and paced together."""
        return layer_groups(self.model)

    def summary(self) -> dict[str, LayerRow]:
        """Shapes, number of parameters and whether they learn, layer by layer."""
        return summarise(self.model, self.data.sz)

    # --- freezing --------------------------------------------------------------

    @property
    def precompute(self) -> bool | int:
        """Train the head on stored activations.

        True stores those of the plain photos: augmentation rests. A number of 2 or more
        stores those of as many augmented views of each training photo; epochs take the
        views by turns. Either way the plain validation photos are what is measured.

        May be switched at any time. Switching it on freezes the backbone, since its
        activations cannot be stored while it learns.

        Raises:
            PlanError: If set to anything else; or to a number, while augmentation holds
                a function or step of your own, whose changes would go unnoticed.
        """
        return self._precompute

    @precompute.setter
    def precompute(self, precompute: bool | int) -> None:
        self._precompute = checked_precompute(precompute, self.data.augmentation)
        if self._precompute:
            self.freeze()

    def freeze(self) -> None:
        """Let only the head learn."""
        self.freeze_to(-1)

    def unfreeze(self) -> None:
        """Let every layer learn. Ends ``precompute``."""
        self.freeze_to(0)

    def freeze_to(self, n: int) -> None:
        """Let layer groups from number ``n`` on learn, and no others."""
        layer_freezing.freeze_to(self.get_layer_groups(), n)
        self._leave_precompute_if_backbone_learns()

    def freeze_all_but(self, n: int) -> None:
        """Let layer group ``n`` learn, and no other."""
        layer_freezing.freeze_all_but(self.get_layer_groups(), n)
        self._leave_precompute_if_backbone_learns()

    def freeze_groups(self, groups: Sequence[int]) -> None:
        """Freeze these layer groups; leave the others as they are."""
        layer_freezing.freeze_groups(self.get_layer_groups(), groups)

    def unfreeze_groups(self, groups: Sequence[int]) -> None:
        """Let these layer groups learn; leave the others as they are."""
        layer_freezing.unfreeze_groups(self.get_layer_groups(), groups)
        self._leave_precompute_if_backbone_learns()

    def bn_freeze(self, do_freeze: bool) -> None:
        """Keep the statistics of every batch norm, also where layers learn."""
        self._is_bn_frozen = do_freeze

    def _leave_precompute_if_backbone_learns(self) -> None:
        if not self.model.is_backbone_frozen:
            self._precompute = False

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
                this and earlier fits under the same name.
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
        best = self._best.setdefault(best_save_name or "", BestScore())
        asked = [
            *decay.callbacks(layer_opt),
            *saving.callbacks(self.save, best, scores),
            *(callbacks or ()),
        ]
        if use_swa:
            averaging = AverageWeights(
                self._measure_averaged, start=swa_start, measure_every=swa_eval_freq
            )
            asked.insert(0, averaging)
        row = self._run(plan, layer_opt, scores, asked, early_size)
        if use_swa:
            self.swa_model = averaging.model
        return row

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

    def measure_speeds(self, seconds: float = 10.0) -> Speeds:
        """Find out how long photos take on this machine, and change nothing.

        Args:
            seconds: To spend on it, about.
        """
        self._require_learnable()
        train = self.data.train
        with self._progress("measuring speeds") as bar:
            return measure_speeds(
                self.model,
                plain=self._supply.images(train, is_augmented=False),
                augmented=self._supply.images(train, is_augmented=True),
                make_optimizer=partial(self.get_layer_opt, 1e-6, None),
                setup=self._setup,
                seconds=seconds,
                on_progress=bar.show,
            )

    def _run(
        self,
        plan: FitPlan,
        layer_opt: LayerOptimizer,
        metrics: Sequence[Metric],
        callbacks: Sequence[Callback],
        early_size: int | None,
    ) -> EpochRow:
        source = self._training_source()
        early = self._early_source(early_size)
        self._say_if_augmentation_rests()
        fit_number = len(self.settings["fits"])
        self.settings["fits"].append(
            _words_of(plan, layer_opt, self.precompute, early_size)
        )
        fit = Fit(
            model=self.model,
            groups=self.get_layer_groups(),
            source=source,
            setup=self._setup,
            optimizer=layer_opt,
            schedule=plan.schedule(_steps_per_epoch(source, self.data.bs)),
            epochs=plan.epochs,
            validate=self._validation(metrics),
            callbacks=[*callbacks, *self._output.callbacks(f"fit {fit_number}")],
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
        """
        folder = self.models_path
        if folder.parent == self.data.train.index.root:
            made(folder)  # marked as ours: it must not become a class
        return save_model(self._model_file(name), self.model, self._header())

    def load(self, name: str) -> None:
        """Read weights saved under ``name``; all of them fit or none is changed.

        Also reads ``<name>.h5`` and ``<name>.pth`` if they are torch state dicts of
        this model, and never anything that could run code.

        Raises:
            WeightsError: If there is no such file, it is damaged, or it does not fit.
        """
        if not self._diary.is_recalling:
            load_weights(self.model, self._existing_model_file(name))

    def load_cycle(self, name: str, cycle: int) -> None:
        """Read the weights that ``cycle_save_name=name`` saved after a cycle."""
        self.load(f"{name}_cyc_{cycle}")

    def _model_file(self, name: str) -> Path:
        return self.models_path / f"{name}.safetensors"

    def _existing_model_file(self, name: str) -> Path:
        own = self._model_file(name)
        old = [self.models_path / f"{name}{suffix}" for suffix in (".h5", ".pth")]
        return next((path for path in [own, *old] if path.exists()), own)

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

    @contextmanager
    def full_precision(self) -> Iterator[None]:
        """Compute in single precision meanwhile, from the photos themselves.

        Or from what was stored in that precision; see ``measure_exactly``.

        What is said of photos then does not depend on the number format that this
        machine trains in, and equals what the saved model says of them elsewhere, up
        to rounding. (GPUs of NVIDIA round inside convolutions: TF32.)
        """
        runtime, precompute = self._runtime, self._precompute
        self._runtime, self._precompute = runtime.in_full_precision(), False
        try:
            yield
        finally:
            self._runtime, self._precompute = runtime, precompute

    def measure_exactly(self) -> None:
        """Store activations of photos that are measured in single precision.

        Those of training photos stay in the format of the machine. As long as the
        backbone is frozen, answers in ``full_precision`` then come from what was
        stored, and are the same: no photo goes through the network a second time.
        Until ``set_data``.
        """
        exact = replace(self._setup, runtime=self._runtime.in_full_precision())
        self._exact_supply = self._make_supply(exact)

    def measures_as(self, *, exactly: bool) -> bool:
        """Whether figures are what they are with, or without, ``measure_exactly``."""
        is_single = self._runtime.precision == "fp32"
        return is_single or exactly == (self._exact_supply is not None)

    # --- what the methods above share ------------------------------------------

    @property
    def _measured_supply(self) -> Supply:
        """Where stored activations of validation and test photos come from."""
        if self._exact_supply is not None and self.model.is_backbone_frozen:
            return self._exact_supply
        return self._supply

    @property
    def _setup(self) -> Setup:
        loading = Loading(
            batch_size=self.data.bs,
            num_workers=self.data.num_workers,
            seed=self.seed,
            is_balanced=self.balance == "sampling",
            delivery=self._runtime.delivery,
        )
        return Setup(
            loading=loading,
            runtime=self._runtime,
            task=self._task,
            class_weights=(
                class_weights(self.data.trn_y, self.data.c)
                if self.balance == "weights"
                else None
            ),
            micro_batches=MicroBatches(self._say_once),
            tell=self._say_once,
        )

    def _make_supply(self, setup: Setup) -> Supply:
        return Supply(
            spec=self.data.spec,
            augmentation=self.data.augmentation,
            setup=setup,
            folder=lambda: made(self.tmp_path),
            most_cached_bytes=int(self._cache_gb * 1e9),
        )

    def _progress(self, label: str) -> Bar:
        return Bar(label, is_wanted=self._output.has_bar)

    def _training_source(self) -> Source:
        self._require_learnable()
        if not self.precompute:
            return self._supply.images(self.data.train, is_augmented=True)
        return self._stored_training_source()

    def _early_source(self, size: int | None) -> Source | None:
        """Training photos of another size, for the early epochs of a fit."""
        if size is None:
            return None
        if self.precompute:
            raise PlanError(
                "early_size is for training on photos, and precompute is on: stored "
                "activations have one size. Set learn.precompute = False, or leave it "
                "out."
            )
        if size < 1 or not self.model.can_read(size):
            raise PlanError(
                f"{self.model.backbone.arch} cannot learn from photos of {size} pixels "
                f"for some epochs and {self.data.sz} for others. Leave early_size out."
            )
        return self._supply.images(self.data.train, is_augmented=True, size=size)

    def _stored_training_source(self) -> Source:
        with self._progress("storing activations") as bar:
            if self._precompute > 1:
                return self._supply.views(
                    self.model, self.data.train, self._precompute, bar.show
                )
            return self._supply.features(self.model, self.data.train, bar.show)

    def _validation(
        self, metrics: Sequence[Metric]
    ) -> Callable[[StagedClassifier], Evaluation]:
        """How this fit measures a model on the validation photos."""
        valid = self.data.valid
        with self._progress("storing activations") as bar:
            source = self._measured_supply.for_measuring(
                self.model, valid, bar.show, on_disk=bool(self.precompute)
            )
        return partial(
            evaluate,
            source=source,
            labels=self.data.val_y,
            setup=self._setup,
            metrics=metrics,
        )

    def _measure_averaged(self, model: StagedClassifier) -> Evaluation:
        if not self._is_bn_frozen:
            refresh_statistics(model, self._training_source(), self._setup)
        return self._validation(self.metrics)(model)

    def _say_if_augmentation_rests(self) -> None:
        augmentation = self.data.augmentation
        varies = bool(augmentation.steps) or augmentation.max_zoom is not None
        if self.precompute is True and varies and self._output.has_hints:
            self._say_once(
                "precompute=True trains on stored activations of un-augmented "
                "photos; set learn.precompute = False to train with augmentation."
            )

    def _say_once(self, note: str) -> None:
        if note not in self._notes:
            self._notes.add(note)
            self._output.write(f"note: {note}")

    def _require_learnable(self) -> None:
        if not any(each.requires_grad for each in self.model.parameters()):
            raise PlanError(
                "Nothing can learn: every layer group is frozen. Call learn.freeze() "
                "to train the head, or learn.unfreeze() to train all layers."
            )
        photos = len(self.data.train.index)
        if min(photos, self.data.bs) < 2:
            raise PlanError(
                f"There are {photos} training photos in batches of {self.data.bs}, and "
                "batch norm cannot learn from one at a time. Add photos, or pass bs=2 "
                "or more."
            )

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


def _steps_per_epoch(source: Source, batch_size: int) -> int:
    """Batches of an epoch, without a last batch of one photo."""
    whole, rest = divmod(len(source), batch_size)
    return whole + int(rest > 1)


def _words_of(
    plan: FitPlan,
    layer_opt: LayerOptimizer,
    precompute: bool | int,
    early_size: int | None,
) -> dict[str, Any]:
    """The hyperparameters of one fit, as saved files carry them."""
    return {
        "lrs": list(layer_opt.lrs),
        "wds": list(layer_opt.wds),
        "epochs_of_cycles": list(plan.epochs_of_cycles),
        "has_cycles": plan.has_cycles,
        "precompute": precompute,
        "early_size": early_size,
    }
