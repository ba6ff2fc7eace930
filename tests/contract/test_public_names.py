"""The names of the lesson are there, with its keywords in its order, and load late."""

import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import unfreeze

HEAVY = ("torch", "timm", "accelerate", "matplotlib", "cv2", "PIL", "sklearn", "numpy")


def keywords(function: Callable[..., object]) -> list[str]:
    """Parameters before our own, which are keyword-only, without self and ``**``."""
    found = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each.name for each in found if each.kind in kinds and each.name != "self"]


@pytest.mark.usefixtures("global_draws")  # some libraries draw when they load
@pytest.mark.parametrize("name", unfreeze.__all__)
def test_every_public_name_loads(name: str) -> None:
    assert getattr(unfreeze, name) is not None
    assert name in dir(unfreeze)


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = unfreeze.no_such_name


LESSON = {
    "ImageClassifierData.from_paths": (
        "path bs tfms trn_name val_name test_name test_with_labels num_workers"
    ),
    "ImageClassifierData.from_csv": (
        "path folder csv_fname bs tfms val_idxs suffix test_name continuous "
        "skip_header num_workers cat_separator"
    ),
    "ImageClassifierData.from_names_and_array": (
        "path fnames y classes bs tfms val_idxs test_name num_workers suffix continuous"
    ),
    "ImageClassifierData.from_path_and_array": (
        "path folder y classes bs tfms val_idxs test_name num_workers"
    ),
    "ImageClassifierData.from_arrays": (
        "path trn val bs tfms classes num_workers test continuous"
    ),
    "ConvLearner.pretrained": (
        "f data ps xtra_fc xtra_cut custom_head precompute pretrained"
    ),
    "ConvLearner.fit": "lrs n_cycle wds",
    "ConvLearner.fit_gen": (
        "model data layer_opt n_cycle cycle_len cycle_mult cycle_save_name "
        "best_save_name use_clr use_clr_beta metrics callbacks use_wd_sched norm_wds "
        "wds_sched_mult use_swa swa_start swa_eval_freq"
    ),
    "ConvLearner.lr_find": "start_lr end_lr wds linear",
    "ConvLearner.predict": "is_test use_swa",
    "ConvLearner.predict_array": "arr",
    "ConvLearner.TTA": "n_aug is_test",
    "ConvLearner.set_data": "data precompute",
    "ConvLearner.save": "name",
    "ConvLearner.load": "name",
    "ConvLearner.load_cycle": "name cycle",
    "ConvLearner.freeze_to": "n",
    "ConvLearner.freeze_all_but": "n",
    "ConvLearner.bn_freeze": "do_freeze",
    "LayerOptimizer": "opt_fn layer_groups lrs wds",
    "ImageModelResults": "ds log_preds",
    "ImageModelResults.plot_most_correct": "y",
    "ImageModelResults.plot_most_incorrect": "y",
    "ImageModelResults.plot_most_uncertain": "y",
    "get_cv_idxs": "n cv_idx val_pct seed",
    "accuracy": "preds targs",
}


@pytest.mark.parametrize("name", LESSON)
def test_keywords_are_those_of_the_lesson_in_its_order(name: str) -> None:
    found: object = unfreeze
    for part in name.split("."):
        found = getattr(found, part)

    assert callable(found)
    expected = LESSON[name].split()
    assert keywords(found)[: len(expected)] == expected


def test_data_has_what_the_lesson_reads() -> None:
    names = (
        "classes c sz bs path is_multi num_workers trn_ds val_ds fix_ds aug_ds test_ds "
        "trn_dl val_dl fix_dl aug_dl test_dl trn_y val_y resize"
    )

    assert set(names.split()) <= set(dir(unfreeze.ImageClassifierData))


def test_a_learner_has_what_the_lesson_reads() -> None:
    names = (
        "metrics models_path tmp_path sched precompute freeze unfreeze freeze_groups "
        "unfreeze_groups get_layer_groups get_layer_opt summary predict_with_targs"
    )

    assert set(names.split()) <= set(dir(unfreeze.ConvLearner))


@pytest.mark.parametrize(
    "code",
    [
        "import unfreeze",
        "from unfreeze.cli.app import run; run(['--help'])",
        "from unfreeze.cli.app import run; run(['train', '--help'])",
        "from unfreeze.cli.app import run; run(['bogus'])",
    ],
)
def test_the_package_and_its_help_load_nothing_heavy(
    repository: Path, code: str
) -> None:
    check = f"import sys; print([m for m in {HEAVY} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\n{check}"],
        env=os.environ | {"PYTHONPATH": str(repository / "src")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout.splitlines()[-1] == "[]"
