"""What SageMaker adds to a job's hyperparameters is told from what the algorithm must know."""

from ic_tf_sdk.specs.sagemaker_names import is_sagemakers, of_algorithm


def test_sagemakers_names_are_those_of_its_prefix_and_its_tuner():
    assert is_sagemakers("sagemaker_region")
    assert is_sagemakers("_tuning_objective_metric")
    assert not any(map(is_sagemakers, ("epochs", "sagemaker", "_tuning", "my_sagemaker_x", "")))


def test_the_algorithms_are_left():
    given = {"sagemaker_program": "x", "epochs": 3, "_tuning_objective_metric": "y", "momentun": 1}
    assert of_algorithm(given) == {"epochs": 3, "momentun": 1}
