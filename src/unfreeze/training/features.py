"""``precompute=True``: what the backbone makes of every image, kept on disk.

The features of an image depend on its bytes, the preprocessing, the backbone's weights
and the libraries that compute them. All of that is in the key of a store or of a row,
so a stored row is right or is not found. The split is not in the key: an image that
moves from training to validation keeps its row, and ten images more cost ten rows.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from unfreeze.augment.normalise import normalise
from unfreeze.data.decode import DECODER
from unfreeze.data.index import ImageIndex
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.probe import evaluating
from unfreeze.models.weights import content_hash
from unfreeze.records import ImageSpec
from unfreeze.tensors import Pixels
from unfreeze.training.feature_store import FeatureStore, store_folder
from unfreeze.training.source import FeatureRows, FromImages, Setup
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

    def key(self) -> dict[str, object]:
        """Everything besides the image that its features depend on."""
        backbone = self.model.backbone
        return {
            "arch": backbone.arch,
            "xtra_cut": backbone.xtra_cut,
            "weights": content_hash(backbone),
            "pool": type(self.model.pool).__name__,
            "image": dataclasses.asdict(self.spec),
            "decoder": DECODER,
            "precision": self.setup.runtime.precision,
            "device": self.setup.runtime.device.type,
            "libraries": {name: version_of(name) for name in ("timm", "torch")},
        }

    def features(
        self, index: ImageIndex, ids: UInt8[np.ndarray, "N 16"]
    ) -> FeatureRows:
        """Rows of every image of ``index``, in its order.

        Args:
            index: Images to look up.
            ids: Content hash of each of them, in the same order.
        """
        key = self.key()  # once: it hashes the weights
        store = FeatureStore(self._folder_of_store(key), key)
        missing = store.missing(ids)
        if len(missing):
            self._compute(index.take(missing), ids[missing], store)
        return store.read(ids)

    def _folder_of_store(self, key: Mapping[str, object]) -> Path | None:
        if self.folder is None:
            return None
        backbone = self.model.backbone
        name = f"x_act_{backbone.arch}_{backbone.xtra_cut}_{self.spec.size}"
        return store_folder(self.folder, name, key)

    def _compute(
        self, index: ImageIndex, ids: UInt8[np.ndarray, "M 16"], store: FeatureStore
    ) -> None:
        source = FromImages(index, self.spec)
        done: list[np.ndarray] = []
        begin, flushed_at = 0, time.monotonic()
        order = np.arange(len(index))
        with evaluating(self.model):
            for batch in source.batches(
                order, self.setup.loading, 0, drop_single=False
            ):
                done.append(self._features_of(batch.inputs))
                end = int(batch.rows[-1]) + 1
                late = time.monotonic() - flushed_at > _SECONDS_PER_SEGMENT
                if late or end - begin >= _ROWS_PER_SEGMENT or end == len(index):
                    store.append(ids[begin:end], np.concatenate(done))
                    begin, flushed_at = end, time.monotonic()
                    done.clear()
                if self.on_progress is not None:
                    self.on_progress(end, len(index))

    def _features_of(self, pixels: Pixels) -> np.ndarray:
        images = normalise(pixels.to(self.setup.runtime.device), self.spec)
        with self.setup.runtime.autocast():
            return self.model.features(images).float().cpu().numpy()
