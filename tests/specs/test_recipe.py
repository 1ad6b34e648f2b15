"""A recipe is what was trained and how; two of them differ where both say something."""

from ic_tf_sdk.specs.recipe import RECIPE, differences, of_run


def test_what_belongs_to_one_run_alone_is_no_part_of_a_recipe():
    given = {"random_seed": "1", "epochs": "5", "optimizer": "sgd", "binary_mode": "True"}
    assert of_run(given) == {"binary_mode": "True", "optimizer": "sgd"}
    assert list(of_run(dict.fromkeys(reversed(RECIPE), "x"))) == list(RECIPE)


def test_each_difference_is_a_phrase_and_what_one_lacks_is_none():
    before = {"optimizer": "sgd", "momentum": "0.9", "epsilon": "1", "epochs": "3"}
    now = {"optimizer": "adam", "momentum": "0.9", "rho": "0.5", "epochs": "7"}
    assert differences(before, now) == ["optimizer 'sgd' before, 'adam' now"]
