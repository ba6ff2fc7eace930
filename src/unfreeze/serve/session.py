"""An exported graph, ready to run: the door to ONNX Runtime."""

from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float, UInt8

from unfreeze.bundle import HEAT, PIXELS, PROBABILITIES, Bundle, BundleHeader
from unfreeze.errors import WeightsError
from unfreeze.extras import need

__all__ = ["Session"]

_FATAL_ONLY = 4
"""Of ONNX Runtime's levels: what goes wrong arrives as an exception already."""


@final
class Session:
    """Runs the graph of a bundle. Safe in threads.

    Args:
        bundle: Read and found whole.
        path: Where it was read from, for messages.
        threads: Cores that one run may keep busy.

    Raises:
        MissingExtraError: If ONNX Runtime is not installed.
        WeightsError: If ONNX Runtime refuses the graph, or it has other answers than
            the bundle says.
    """

    def __init__(self, bundle: Bundle, path: Path, threads: int) -> None:
        runtime = need("onnxruntime", extra="serve")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _FATAL_ONLY
        # Threads that wait for work by spinning take it from those that decode.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = runtime.InferenceSession(
                bundle.content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its own classes share no parent but this one
            raise _refused(error, path, runtime.__version__) from error
        self._is_batched = bundle.header.is_batched
        self._run_options = runtime.RunOptions()
        self._run_options.only_execute_path_to_fetches = True
        try:
            self._require_answers(bundle.header, path)
        except WeightsError:
            raise
        except Exception as error:  # likewise
            raise _refused(error, path, runtime.__version__) from error

    def run(
        self, squares: UInt8[np.ndarray, "N S S 3"], *, heat: bool = False
    ) -> tuple[Float[np.ndarray, "N K"], Float[np.ndarray, "N h w"] | None]:
        """Answer about squares of the model's size, one or more.

        A graph that takes one image only is run for each of them.

        Args:
            squares: RGB, 0-255.
            heat: Whether to return heat maps, too; the graph must have them.

        Returns:
            Probabilities, 0 to 1, and heat maps, 0 to 1, or None.
        """
        wanted = [PROBABILITIES, HEAT] if heat else [PROBABILITIES]
        feeds = [squares] if self._is_batched else squares
        runs = [
            self._session.run(wanted, {PIXELS: each}, self._run_options)
            for each in feeds
        ]
        join = np.concatenate if self._is_batched else np.stack
        probs, *maps = (join(outputs) for outputs in zip(*runs, strict=True))
        return probs, (maps[0] if heat else None)

    def _require_answers(self, header: BundleHeader, path: Path) -> None:
        """Ask about a black square: what a graph says of its shapes need not be so."""
        size, count = header.image.size, len(header.answering.classes)
        probs, _ = self.run(np.zeros((1, size, size, 3), np.uint8))
        if probs.shape != (1, count) or probs.dtype.kind != "f":
            raise WeightsError(
                f"{path} names {count:,} classes, and its graph answers with "
                f"{probs.dtype} of shape {probs.shape[1:]} for a photo. Export the "
                "model again."
            )
        names = [each.name for each in self._session.get_outputs()]
        if header.has_heat and HEAT not in names:
            raise WeightsError(
                f"{path} promises heat maps, and its graph has none. Export the model "
                "again."
            )


def _refused(error: Exception, path: Path, version: str) -> WeightsError:
    found = " ".join(str(error).split())
    return WeightsError(
        f"ONNX Runtime {version} cannot run {path}: {found}. Update onnxruntime, or "
        "export the model again."
    )
