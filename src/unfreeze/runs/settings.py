"""Everything that a run depends on besides the photos and the machine."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from unfreeze.data.table_columns import Titles, as_titles
from unfreeze.errors import DataError, PlanError, WeightsError
from unfreeze.front.plan import Recipe, require_recipe
from unfreeze.front.presets import Preset, tfms_for
from unfreeze.numerics.balance import Balance, require_balance
from unfreeze.runs.table_photos import ReadTable, Table, as_decided, table_at

__all__ = ["RunSettings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSettings:
    """Everything that a run depends on besides the photos and the machine."""

    arch: str = "resnet34"
    weights: str | None = None
    """A local file; None takes timm's weights, or the embedded ones."""

    size: int = 224
    batch_size: int = 64
    epochs: int | None = None
    """Of the last training step; None lets the recipe decide."""

    budget: float | None = None
    """Seconds for the whole run, which then chooses its epochs to fit; None takes as
    long as it takes."""

    recipe: Recipe = "eight-steps"
    augment: Preset = "side-on"
    max_zoom: float = 1.1
    balance: Balance = "none"
    """How rare classes are made to count as much as frequent ones."""

    seed: int = 0
    num_workers: int | None = None
    csv: str | None = None
    """A table with a photo and its label or labels in each row; None takes class
    folders."""

    folder: str = ""
    """Of the photos that the table names, below the folder of all; itself if empty."""

    suffix: str = ""
    """Added to each name in the table, such as ``.jpg``."""

    label_separator: str | None = None
    """Between several labels of a photo in the table; empty where each cell is one, and
    None until the table was looked at."""

    file_column: str | None = None
    """Title of the column that names photos; None until the table was looked at, and
    where it has no titles."""

    label_column: Titles | None = None
    """Title of the column with labels, or titles of columns of 0 and 1 for a class
    each; None as ``file_column``."""

    no_header: bool = False
    """Whether the first row of the table is one of photos, whatever it looks like."""

    valid_fraction: float = 0.2
    """Share held out where the photos are not split already."""

    group_by: str | None = None
    """A regular expression that finds the group of a photo in its path."""

    fixes: str | None = None
    """A local ``fixes.csv``: photos to drop or relabel."""

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "RunSettings":
        """Settings as they were written: JSON knows lists where these hold tuples.

        Raises:
            PlanError: If one is out of range.
            TypeError: If there is one that is not known.
        """
        return cls(
            **{**content, "label_column": as_titles(content.get("label_column"))}
        )

    def __post_init__(self) -> None:
        require_recipe(self.recipe)
        require_balance(self.balance)
        self._require_length()
        if self.csv is None:
            self._require_no_table()
        if not 0 <= self.seed < 2**63:
            raise PlanError(f"seed must be from 0 to 2**63 - 1, got {self.seed}.")
        if not 0 < self.valid_fraction < 1:
            raise PlanError(
                "valid_fraction must be above 0 and below 1, got "
                f"{self.valid_fraction}."
            )

    def _require_no_table(self) -> None:
        given = (self.folder, self.suffix, self.file_column, self.label_column)
        # A space stands there in runs that began before tables were looked at.
        is_parted = self.label_separator not in (None, " ")
        if any(given) or self.no_header or is_parted:
            raise PlanError(
                "folder, suffix, label_separator, file_column, label_column and "
                "no_header say how a table is read, and there is no table. Pass csv, "
                "too."
            )

    def _require_length(self) -> None:
        if self.epochs is not None and self.epochs < 1:
            raise PlanError(f"epochs must be 1 or more, got {self.epochs}.")
        if self.budget is None:
            return
        if not 0 < self.budget < math.inf:
            raise PlanError(
                f"budget must be a number of seconds above 0, got {self.budget:g}."
            )
        if self.epochs is not None:
            raise PlanError(
                "A budget chooses the epochs, and there are epochs given, too. Pass "
                "one of them."
            )

    @property
    def table(self) -> Table | None:
        """Where labels stand, if not in the names of folders."""
        if self.csv is None:
            return None
        return Table(
            self.csv,
            self.folder,
            self.suffix,
            self.label_separator,
            self.file_column,
            self.label_column,
            self.no_header,
            self.group_by,
        )

    def read_table(self, folder: Path) -> ReadTable | None:
        """Read the table of the photos in ``folder``; None where there is none.

        Raises:
            DataError: If it is missing, or cannot be read.
        """
        return None if self.table is None else as_decided(folder, self.table)

    def decided(self, read: ReadTable | None) -> "RunSettings":
        """The same, with what was left open of the table that was read.

        A model is measured, and a run goes on, with what was decided then.
        """
        if read is None:
            return self
        table = read.table
        return replace(
            self,
            label_separator=table.label_separator,
            file_column=table.file_column,
            label_column=table.label_column,
        )

    def that_matter(self) -> dict[str, Any]:
        """What the result depends on: all but the number of loading threads."""
        chosen = asdict(self)
        del chosen["num_workers"]
        return chosen

    def check(self, folder: Path) -> None:
        """Refuse what is certain to fail before anything is written.

        Raises:
            DataError: If there is no such folder.
            WeightsError: If there is no such weights file.
        """
        if not folder.is_dir():
            raise DataError(f"There is no folder {folder}. Check the path.")
        if self.csv is not None:
            table_at(folder, self.csv)
        if self.weights is not None and not Path(self.weights).is_file():
            raise WeightsError(
                f"There is no weights file {self.weights}. Check the path."
            )
        if self.fixes is not None and not Path(self.fixes).is_file():
            raise DataError(f"There is no file {self.fixes}. Check the path.")
        tfms_for(self.arch, self.size, self.augment, self.max_zoom)
