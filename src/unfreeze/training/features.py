"""``precompute``: what the backbone makes of every image, kept on disk.

The features of an image depend on its bytes, the preprocessing, the backbone's weights
and the libraries that compute them; those of an augmented view also on augmentation,
seed and number of the view. All of that is in the key of a store or of a row, so a
stored row is right or is not found. The split is not in the key: an image that moves
from training to validation keeps its rows, and ten images more cost ten rows a view.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8, UInt64
from torch import nn

from unfreeze.augment.description import describe
from unfreeze.data.decode import DECODER
from unfreeze.data.index import ImageIndex
from unfreeze.data.quick import QUICK_DECODER
from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.probe import evaluating
from unfreeze.models.weights import content_hash
from unfreeze.numerics.keyed import Purpose
from unfreeze.records import ImageSpec
from unfreeze.tensors import Pixels
from unfreeze.training.feature_store import FeatureStore, store_folder
from unfreeze.training.source import FeatureRows, FromImages, Setup, features_of
from unfreeze.training.stand_in import fused_if_frozen
from unfreeze.versions import version_of

__all__ = ["FeatureKeeper"]

_SECONDS_PER_SEGMENT = 10.0
_ROWS_PER_SEGMENT = 4096

OnProgress = Callable[[int, int], None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureKeeper:
    """Computes the features that are missing, and reads the others.

    The model must be frozen up to its head while features are in use.
    """

    model: StagedClassifier
    spec: ImageSpec
    folder: Path | None
    """Where stores live, one folder for each backbone and preprocessing; None keeps
    the rows in memory alone."""

    setup: Setup
    on_progress: OnProgress | None = None
    hash_of: Callable[[nn.Module], str] = content_hash
    """Names weights by their contents."""

    def key(self) -> dict[str, object]:
        """Everything besides the image that its features depend on."""
        backbone = self.model.backbone
        return {
            "arch": backbone.arch,
            "xtra_cut": backbone.xtra_cut,
            "weights": self.hash_of(backbone),
            "pool": type(self.model.pool).__name__,
            "image": dataclasses.asdict(self.spec),
            "decoder": DECODER,
            "precision": self.setup.runtime.precision,
            "image_type": str(self.setup.runtime.image_type),
            "fused": self.setup.runtime.fuses,
            "device": self.setup.runtime.device.type,
            "libraries": {name: version_of(name) for name in ("timm", "torch")},
        }

    def num_missing(self, ids: UInt8[np.ndarray, "N 16"]) -> int:
        """Images whose features would have to be computed, by their content hash."""
        return len(self._store(self.key()).missing(ids))

    def features(
        self, index: ImageIndex, ids: UInt8[np.ndarray, "N 16"]
    ) -> FeatureRows:
        """Rows of every image of ``index``, in its order.

        Args:
            index: Images to look up.
            ids: Content hash of each of them, in the same order.
        """
        store = self._store(self.key())
        (rows,) = self._filled([_Pass(FromImages(index, self.spec), 0, store)], ids)
        return rows

    def views(
        self, varied: FromImages, ids: UInt8[np.ndarray, "N 16"], count: int
    ) -> tuple[FeatureRows, ...]:
        """Rows of ``count`` augmented views of every image, view by view.

        View ``v`` of an image, from 1, is a function of the seed, ``v`` and the image's
        content. So its row is worth keeping whatever the image's place, and more views
        leave those that are there alone.

        Args:
            varied: Images to look up, with augmentation.
            ids: Content hash of each of them, in the same order.
            count: Views of each, 1 or more.

        Raises:
            PlanError: If there is no augmentation, or a step of the user's own in it.
        """
        if varied.augmentation is None:
            raise PlanError(
                f"Nothing varies these images, so {count} views of each would be the "
                "same. Store the plain images instead, or pass augmentation."
            )
        source = dataclasses.replace(
            varied, purpose=Purpose.STORED_VIEWS, counters=_counters(ids)
        )
        key = {
            **self.key(),
            "decoder": QUICK_DECODER,
            "augmentation": describe(varied.augmentation),
            "seed": self.setup.loading.seed,
        }
        if self.setup.loading.delivery.varies:
            key["varied"] = "in batches"  # a few values lie one level beside
        passes = [
            _Pass(source, view, self._store({**key, "view": view}))
            for view in range(1, count + 1)
        ]
        return self._filled(passes, ids)

    def _store(self, key: Mapping[str, object]) -> FeatureStore:
        if self.folder is None:
            return FeatureStore(None, key)
        backbone = self.model.backbone
        name = f"x_act_{backbone.arch}_{backbone.xtra_cut}_{self.spec.size}"
        return FeatureStore(store_folder(self.folder, name, key), key)

    def _filled(
        self, passes: Sequence["_Pass"], ids: UInt8[np.ndarray, "N 16"]
    ) -> tuple[FeatureRows, ...]:
        """Compute what is missing, one pass after the other, and read everything."""
        missing = [each.store.missing(ids) for each in passes]
        total = sum(map(len, missing))
        before = 0

        def report(done: int) -> None:
            if self.on_progress is not None:
                self.on_progress(before + done, total)

        for each, rows in zip(passes, missing, strict=True):
            self._compute(each, rows, ids[rows], report)
            before += len(rows)
        return tuple(each.store.read(ids, num_views=len(passes)) for each in passes)

    def _compute(
        self,
        each: "_Pass",
        rows: Int64[np.ndarray, " M"],
        ids: UInt8[np.ndarray, "M 16"],
        report: Callable[[int], None],
    ) -> None:
        done: list[np.ndarray] = []
        begin, end, flushed_at = 0, 0, time.monotonic()
        with (
            evaluating(self.model),
            fused_if_frozen(self.model, each.source, self.setup.runtime),
        ):
            for batch in each.source.batches(
                rows, self.setup.loading, each.view, ends_evenly=False
            ):
                done.append(self._features_of(batch.inputs))
                end += len(batch)
                late = time.monotonic() - flushed_at > _SECONDS_PER_SEGMENT
                if late or end - begin >= _ROWS_PER_SEGMENT or end == len(rows):
                    each.store.append(ids[begin:end], np.concatenate(done))
                    begin, flushed_at = end, time.monotonic()
                    done.clear()
                report(end)

    def _features_of(self, pixels: Pixels) -> np.ndarray:
        run = partial(features_of, self.model, pixels, self.spec, self.setup)
        rows = self.setup.micro_batches.run(run, self.model)
        return rows.float().cpu().numpy()


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Pass:
    """Every image once, in one view."""

    source: FromImages
    view: int
    """Keys the augmentation; 0 is the plain image."""

    store: FeatureStore


def _counters(ids: UInt8[np.ndarray, "N 16"]) -> UInt64[np.ndarray, " N"]:
    """Half of each content hash as a number, the first byte the lowest."""
    halves = np.ascontiguousarray(ids[:, :8])
    return halves.view("<u8")[:, 0].astype(np.uint64)
