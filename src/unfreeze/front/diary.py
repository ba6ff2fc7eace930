"""What a learner asks of somebody who may remember an earlier process."""

from unfreeze.models.classifier import StagedClassifier
from unfreeze.training.boundary import Boundary, PastFit
from unfreeze.training.lr_find import RateSearch

__all__ = ["Diary"]


class Diary:
    """Remembers nothing, unless a class of its own does.

    A run that goes on takes the same steps again, from the beginning. Searches and
    fits that an earlier process has done are then handed over instead of being done.
    """

    @property
    def is_recalling(self) -> bool:
        """Whether a search or fit is still to be handed over.

        The weights of the moment are then not those that they were at the time.
        """
        return False

    def past_search(self, model: StagedClassifier) -> RateSearch | None:
        """The search that comes next, if it was done; ``model`` is as it was then."""
        del model
        return None

    def note_search(self, model: StagedClassifier) -> None:
        """Take down that a search has been done."""

    def past_fit(self) -> PastFit | None:
        """The fit that comes next, as far as it was done."""
        return None

    def keep(self, boundary: Boundary) -> None:
        """Take down how far the running fit is."""
