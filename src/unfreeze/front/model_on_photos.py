"""A model on its photos: which layers learn, and where their batches come from.

The model is one object throughout: ``precompute`` changes where batches come from and
nothing else, so its head, its layer groups and its files are the same with and without
it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from typing_extensions import override

from unfreeze.data.batches import batch_places
from unfreeze.errors import PlanError
from unfreeze.front.exchange import require_same_labels
from unfreeze.front.fitting import Output
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.precompute import checked_precompute
from unfreeze.models import groups as layer_freezing
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import layer_groups
from unfreeze.models.partition import LayerGroup
from unfreeze.models.summary import LayerRow, summarise
from unfreeze.numerics.balance import Balance, class_weights, require_balance
from unfreeze.numerics.metrics import Metric
from unfreeze.places import made, ours_beside
from unfreeze.records import Task
from unfreeze.training.callbacks.bar import Bar
from unfreeze.training.evaluate import Evaluation, evaluate
from unfreeze.training.micro_batches import MicroBatches
from unfreeze.training.runtime import AcceleratedRuntime, Runtime
from unfreeze.training.source import Loading, Setup, Source
from unfreeze.training.supply import Supply

__all__ = ["ModelOnPhotos"]


class ModelOnPhotos:
    """A classifier, the photos that it learns from, and what of both is in use.

    Args:
        data: The photos. ``tmp/`` goes to their path.
        model: Backbone, pool and head. Only the head learns at first.
        seed: Keys the order of photos, augmentation and dropout.
        runtime: The machine; found out unless given.
        output: Where notes and bars go.
        tmp_name: Folder for stored activations, beside the photos or absolute.
        cache_gb: Room on the disk for decoded photos, in gigabytes.
        balance: How rare classes are made to count.

    Raises:
        PlanError: If there is no such balance for these photos.
    """

    def __init__(
        self,
        data: ImageClassifierData,
        model: StagedClassifier,
        *,
        seed: int,
        runtime: Runtime | None,
        output: Output | None,
        tmp_name: str | Path,
        cache_gb: float,
        balance: Balance,
    ) -> None:
        require_balance(balance, is_multi=data.is_multi)
        self._data = data
        self.model = model
        self.balance = balance
        self.seed = seed
        self._task = Task.MULTI if data.is_multi else Task.SINGLE
        self._runtime = runtime or AcceleratedRuntime()
        self._output = output or Output()
        self._tmp_name = Path(tmp_name)
        self._cache_gb = cache_gb
        self._is_bn_frozen = False
        self._precompute: bool | int = False
        self._notes: set[str] = set()
        self._supply = self._make_supply(self._setup)
        self._exact_supply: Supply | None = None
        self._runtime.place(self.model)
        layer_freezing.freeze_to(self.get_layer_groups(), -1)

    @override
    def __repr__(self) -> str:
        return repr(self.model)

    @property
    def tmp_path(self) -> Path:
        """Folder of stored activations. It is made when the first are stored."""
        return ours_beside(self.data.path, self._tmp_name)

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

    # --- the photos ------------------------------------------------------------

    @property
    def data(self) -> ImageClassifierData:
        """The photos. Assigning others is ``set_data``, which freezes the backbone."""
        return self._data

    @data.setter
    def data(self, data: ImageClassifierData) -> None:
        self.set_data(data)

    def set_data(
        self, data: ImageClassifierData, precompute: bool | int = False
    ) -> None:
        """Go on with other photos, for example the same ones at a larger size.

        The weights stay; the backbone is frozen.

        Raises:
            PlanError: If the classes are not the same, in the same order, photos have
                several labels instead of one or the other way round, or ``precompute``
                cannot be had for these photos.
        """
        precompute = checked_precompute(precompute, data.augmentation)
        require_same_labels(self._data, data)
        if data.sz != self._data.sz:
            self.model.backbone.resize_input(data.sz)
        self._data = data
        self._supply = self._make_supply(self._setup)
        self._exact_supply = None
        self.freeze()
        self.precompute = precompute

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

    # --- in full precision -----------------------------------------------------

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
        self._exact_supply = self._make_exact_supply()

    def measures_as(self, *, exactly: bool) -> bool:
        """Whether figures are what they are with, or without, ``measure_exactly``."""
        is_single = self._runtime.precision == "fp32"
        return is_single or exactly == (self._exact_supply is not None)

    # --- where batches come from -----------------------------------------------

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

    def _make_exact_supply(self) -> Supply:
        exact = replace(self._setup, runtime=self._runtime.in_full_precision())
        return self._make_supply(exact)

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

    def _steps_per_epoch(self, source: Source) -> int:
        """Batches of an epoch."""
        return len(batch_places(len(source), self.data.bs, ends_evenly=True))

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
