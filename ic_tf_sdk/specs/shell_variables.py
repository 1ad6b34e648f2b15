"""Every environment variable that a user can set, and the setting that goes before it.

``ic-tf env`` prints those that are set, and the reference has them as a table. What SageMaker sets
in its container (``SM_*``) is no matter of the user's and stands in ``training.environment``.
"""

from typing import Literal, NamedTuple

__all__ = ["VARIABLES", "ShellVariable"]


class ShellVariable(NamedTuple):
    """One variable.

    Attributes:
        name: As it is set.
        meaning: What it decides, one sentence.
        setting: The name in ``ic_tf_sdk.settings`` that goes before it; "" where there is none.
        of: Whose variable it is: this package's, or what others call theirs and is honoured here.
        is_plain: Whether its value may be shown to anybody, as in a report of a fault.
    """

    name: str
    meaning: str
    setting: str = ""
    of: Literal["ic_tf_sdk", "AWS", "TensorFlow", "MLflow", "terminal"] = "ic_tf_sdk"
    is_plain: bool = True


VARIABLES = (
    ShellVariable(
        "IC_TF_SDK_CACHE",
        "Folder of what is made once and used again: converted weights, downloads. Default: where "
        "the system keeps caches.",
    ),
    ShellVariable(
        "IC_TF_SDK_FEATURE_CACHE",
        "Where the features lie that trainings share: a folder, `off` for nowhere, or in a job on "
        "SageMaker `checkpoints`, beside its checkpoints. Default: in the cache here, and off on "
        "SageMaker.",
    ),
    ShellVariable(
        "IC_TF_SDK_FEATURE_CACHE_GB",
        "How large they may become; the least recently used go. Default: 4.",
    ),
    ShellVariable(
        "IC_TF_SDK_MAX_PIXELS",
        "The largest image that is predicted, in pixels, at most 178,956,970. In SageMaker's "
        "container, too. Default: 100,000,000.",
        setting="max_pixels",
    ),
    ShellVariable(
        "IC_TF_SDK_ALLOWED_HOSTS",
        "Names besides its own under which `ic-tf serve` answers, with commas.",
        setting="allowed_hosts",
        is_plain=False,
    ),
    ShellVariable(
        "IC_TF_SDK_ENDPOINT_TOKEN",
        "The token that `ic-tf serve` asks for and `LocalEstimator`'s endpoints send.",
        setting="endpoint_token",
        is_plain=False,
    ),
    ShellVariable(
        "IC_TF_SDK_ENDPOINT_TOKEN_FILE",
        "A file with it; of several lines each is a token that is let in. One of the two.",
        is_plain=False,
    ),
    ShellVariable(
        "IC_TF_SDK_ALLOCATOR",
        "`off` leaves glibc's memory allocator as the system has it; else a training has one heap "
        "of which nothing is given back, unless a variable of the allocator "
        "(`MALLOC_...`, `GLIBC_TUNABLES`) or `LD_PRELOAD` is set. In SageMaker's container, too.",
    ),
    ShellVariable(
        "AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE",
        "The bucket of `ic-tf publish`, which every URI then names.",
        setting="content_bucket",
        of="AWS",
        is_plain=False,
    ),
    ShellVariable(
        "AWS_JUMPSTART_MODEL_BUCKET_OVERRIDE",
        "The bucket of model URIs alone.",
        setting="model_bucket",
        of="AWS",
        is_plain=False,
    ),
    ShellVariable(
        "AWS_JUMPSTART_SCRIPT_BUCKET_OVERRIDE",
        "The bucket of script URIs alone.",
        setting="script_bucket",
        of="AWS",
        is_plain=False,
    ),
    ShellVariable("AWS_REGION", "The region where none is named; goes before the next.", of="AWS"),
    ShellVariable("AWS_DEFAULT_REGION", "The region where none is named.", of="AWS"),
    ShellVariable(
        "AWS_DEFAULT_PROFILE",
        "The profile of AWS's configuration; goes before the next.",
        of="AWS",
        is_plain=False,
    ),
    ShellVariable("AWS_PROFILE", "The profile of AWS's configuration.", of="AWS", is_plain=False),
    ShellVariable(
        "AWS_CONFIG_FILE",
        "AWS's configuration file, of which the region is read.",
        of="AWS",
        is_plain=False,
    ),
    ShellVariable(
        "AWS_MAX_ATTEMPTS", "Attempts of a request to S3. Default: those of this package.", of="AWS"
    ),
    ShellVariable(
        "TFHUB_CACHE_DIR",
        "TensorFlow Hub's cache: looked into for weights, and where `ic-tf mirror` downloads.",
        of="TensorFlow",
    ),
    ShellVariable(
        "TF_CPP_MIN_LOG_LEVEL",
        "Which of TensorFlow's own lines are shown: 0 all, 1 no info, 2 no warnings, 3 none. "
        "Where it is set, the command line turns none of them away.",
        of="TensorFlow",
    ),
    ShellVariable(
        "TF_FORCE_GPU_ALLOW_GROWTH",
        "Whether TensorFlow takes a GPU's memory as it needs it, `true`, or nearly all at once. "
        "Commands and local jobs set `true`; in SageMaker's container nothing is set.",
        of="TensorFlow",
    ),
    ShellVariable(
        "TF_NUM_INTRAOP_THREADS",
        "Threads of one operation. A job that trains the top layer on cached features sets 1 where "
        "it has one core or two.",
        of="TensorFlow",
    ),
    ShellVariable(
        "TF_OVERRIDE_GLOBAL_THREADPOOL",
        "Whether TensorFlow shares its threads between sessions; `ic-tf serve` sets 1.",
        of="TensorFlow",
    ),
    ShellVariable(
        "TF_USE_LEGACY_KERAS",
        "Which Keras `tf.keras` is; commands and jobs set 1, tf_keras, which trains here.",
        of="TensorFlow",
    ),
    ShellVariable(
        "MLFLOW_TRACKING_URI",
        "The server of MLflow that trainings are tracked on, here and in a job; needs the extra "
        "`mlflow`. MLflow's own others, as for a password, count as well. Default: none.",
        of="MLflow",
        is_plain=False,
    ),
    ShellVariable(
        "MLFLOW_EXPERIMENT_NAME",
        "The experiment that the runs belong to, made where it is missing. Default: MLflow's.",
        of="MLflow",
    ),
    ShellVariable(
        "MLFLOW_EXPERIMENT_ID",
        "The same by its number, which goes before the name.",
        of="MLflow",
    ),
    ShellVariable(
        "MLFLOW_RUN_NAME",
        "What a run is called. Default: the job's name on SageMaker, else the model id.",
        of="MLflow",
    ),
    ShellVariable("NO_COLOR", "No colours, where it is set.", of="terminal"),
    ShellVariable("COLUMNS", "The terminal's width, where it does not say.", of="terminal"),
)
