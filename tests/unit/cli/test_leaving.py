"""Mirrors src/unfreeze/cli/leaving.py."""

import subprocess
import sys

LEAVING = "from unfreeze.cli.leaving import leave\n"


def ended(code: str, **streams: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", LEAVING + code],
        check=False,
        text=True,
        **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams),
    )


def test_the_code_is_the_one_given_and_lines_arrive() -> None:
    end = ended("import sys\nprint('out')\nprint('err', file=sys.stderr)\nleave(3)")

    assert (end.returncode, end.stdout, end.stderr) == (3, "out\n", "err\n")


def test_what_is_registered_for_the_end_happens() -> None:
    end = ended("import atexit\natexit.register(print, 'the end')\nleave(0)")

    assert (end.returncode, end.stdout) == (0, "the end\n")


def test_a_second_ctrl_c_on_the_way_out_leaves_no_traceback() -> None:
    end = ended(
        "import atexit, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "atexit.register(signal.raise_signal, signal.SIGINT)\n"
        "leave(130)"
    )

    assert (end.returncode, end.stderr) == (130, "")


def test_nothing_is_taken_apart() -> None:
    """Unlike at the end of Python itself."""
    kept = (
        "class Kept:\n    def __del__(self):\n        print('freed')\nkept = Kept()\n"
    )

    assert ended(kept).stdout == "freed\n"
    assert ended(kept + "leave(0)").stdout == ""


def test_another_thread_is_waited_for() -> None:
    end = ended(
        "import threading, time\n"
        "def work():\n"
        "    time.sleep(0.2)\n"
        "    print('done')\n"
        "threading.Thread(target=work).start()\n"
        "leave(4)"
    )

    assert (end.returncode, end.stdout, end.stderr) == (4, "done\n", "")


def test_a_reader_that_has_gone_changes_nothing() -> None:
    end = ended(
        "import sys\n"
        "class Gone:\n"
        "    def flush(self):\n"
        "        raise BrokenPipeError\n"
        "sys.stdout, sys.stderr = Gone(), None\n"
        "leave(5)"
    )

    assert (end.returncode, end.stderr) == (5, "")
