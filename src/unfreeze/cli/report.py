"""``unfreeze report``: the report of a run, written again."""

from unfreeze.cli import options
from unfreeze.cli.loading import loading
from unfreeze.cli.render import print_json, say

__all__ = ["report"]


def report(run: options.Run, as_json: options.AsJson = False) -> None:
    """Write RUN/report.html again.

    One page without a network: the verdict, the photos, the steps, the mistakes, and
    what to do next. Photos are shown if they are still where they were.
    """
    from unfreeze.runs.run_folder import run_folder

    with loading():
        from unfreeze.runs.reporting import write_report

    page = write_report(run_folder(run))
    if as_json:
        print_json({"report": str(page), "bytes": page.stat().st_size})
        return
    say(f"open it in a browser: {page}")
