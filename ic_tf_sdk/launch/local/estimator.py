"""The notebook's ``Estimator`` on this machine: the same calls, no account, no container.

::

    from ic_tf_sdk.launch import LocalEstimator

    estimator = LocalEstimator(model_id, hyperparameters={"epochs": 5})
    estimator.fit({"training": "flowers/"}, logs=True)
    predictor = estimator.deploy()
    predictor.predict(image_bytes, {"Accept": "application/json;verbose"})
    predictor.delete_model()
    predictor.delete_endpoint()
"""

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ic_tf_sdk import specs
from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.launch import argument_names
from ic_tf_sdk.launch.job_names import base_name
from ic_tf_sdk.launch.job_names import job_name as unique_name
from ic_tf_sdk.launch.local import channels as local_channels
from ic_tf_sdk.launch.local import earlier_job, start_model
from ic_tf_sdk.launch.local.default_model import default_model
from ic_tf_sdk.launch.local.description import LocalTrainingJob
from ic_tf_sdk.launch.local.display import SILENT, shown
from ic_tf_sdk.launch.local.estimator_run import EstimatorRun
from ic_tf_sdk.launch.local.going_on import beside, checkpoint_folder, goes_on
from ic_tf_sdk.launch.local.job_output import DEFAULT
from ic_tf_sdk.launch.local.local_run import wanted
from ic_tf_sdk.launch.local.shown_estimator import ShownEstimator
from ic_tf_sdk.launch.local.suspects import Exclude
from ic_tf_sdk.launch.sdk_arguments import ON_DEPLOY_ONLY, ON_SAGEMAKER_ONLY
from ic_tf_sdk.specs import hyperparameters as schema

if TYPE_CHECKING:
    from ic_tf_sdk.launch.local.endpoint import LocalEndpointPredictor

__all__ = ["LocalEstimator"]

_OURS = (
    *("model_id", "model_uri", "hyperparameters", "output_path", "base_job_name"),
    *("checkpoint_local_path", "feature_cache", "exclude", "rehearse"),
)
_OF_DEPLOY = ("endpoint_name", "serializer", "deserializer")


class LocalEstimator(ShownEstimator):
    """``sagemaker.estimator.Estimator`` for a run on this machine.

    Args:
        model_id: A model of the catalogue. Without it and ``model_uri`` it is EfficientNet-Lite0
            with ImageNet weights where the extra ``imagenet`` is installed, else the embedded
            model; its classification layer alone is trained then, for five epochs, unless
            ``hyperparameters`` say otherwise.
        model_uri: The model to start from: a pretrained archive, a SavedModel's folder, or the
            ``model_data`` of an earlier job to train it further, as path, ``file://`` or S3 URI.
            Default: the weights of ``model_id`` that are at hand (``ic-tf models --available``),
            or its archive in your own bucket.
        hyperparameters: What differs from the model's defaults; any accepted spelling.
        output_path: Folder or S3 URI below which ``<job name>/output/model.tar.gz`` is written;
            default ``ic-tf-jobs`` in the current folder.
        base_job_name: Beginning of the jobs' names; default: made of the model id.
        checkpoint_local_path: Folder for the checkpoints of the jobs, which stay there: a later
            estimator of the same training, with the same folder, goes on from them. Default: beside
            the job's output, until it has succeeded.
        feature_cache: Whether jobs use and keep the features of images that trainings on this
            machine share.
        exclude: Images that jobs leave out: the path or S3 URI of a ``suspects.csv`` as ``ic-tf
            check-data --labels`` writes it, a list of files of the training channel, or a dict of
            such lists by channel; files relative to the channel's folder, or paths into it. A table
            is read when a job begins.
        rehearse: The folder or S3 URI that the model at ``model_uri`` was trained on: a bounded
            sample of it, as many images of each class, is trained with the new ones, which may
            then be of some of the model's classes. Where it holds ``train/`` and ``test/``, the
            one is rehearsed and the other tests, unless ``fit`` gets test images; on these the
            log has the accuracy before and after.
        **sagemaker: Further arguments of the SageMaker SDK's ``Estimator``; they decide about
            machines, roles and images, and have no effect here.

    Raises:
        HyperparameterError: With every problem of ``hyperparameters``.
        UnknownModelError: No such model id.
        ArchiveError: The model's weights are not here.
        UserError: Another argument that cannot be used; every wrong name at once.

    Attributes:
        latest_training_job: The last job that ``fit`` started; None before.

    Example:
        >>> import json, pathlib
        >>> estimator = LocalEstimator(
        ...     "tensorflow-ic-embedded-formulanet-96",
        ...     hyperparameters={"epochs": 1, "train_only_on_top": True},
        ... )
        >>> estimator.fit({"training": "flowers/"}, logs=False)
        >>> predictor = estimator.deploy()
        >>> photo = pathlib.Path("flowers/star/star-0000.jpg").read_bytes()
        >>> answer = predictor.predict(photo, {"Accept": "application/json;verbose"})
        >>> sorted(json.loads(answer))
        ['labels', 'predicted_label', 'probabilities']
        >>> predictor.delete_endpoint()
    """

    def __init__(
        self,
        model_id: str | None = None,
        *,
        model_uri: str | Path | None = None,
        hyperparameters: Mapping[str, object] | None = None,
        output_path: str | Path | None = None,
        base_job_name: str | None = None,
        checkpoint_local_path: str | Path | None = None,
        feature_cache: bool = True,
        exclude: Exclude | None = None,
        rehearse: str | Path | None = None,
        **sagemaker: object,
    ) -> None:
        argument_names.refuse_misspelt("LocalEstimator", sagemaker, ON_SAGEMAKER_ONLY, beside=_OURS)
        self._hyperparameters: dict[str, str] = {}
        self._notice = ""
        self.model_id = None if model_id is None else specs.get(model_id).model_id
        self.set_hyperparameters(**{str(k): v for k, v in (hyperparameters or {}).items()})
        if model_id is None and model_uri is None:
            self.model_id = model_id = self._take_default()
        self.model_uri = start_model.place(model_id, model_uri)
        self.output_path = str(output_path or DEFAULT)
        self.base_job_name = base_job_name or base_name(model_id or "ic-tf-local")
        self._feature_cache = feature_cache
        self.exclude = exclude
        self.rehearse = rehearse
        self.checkpoint_local_path = checkpoint_folder(checkpoint_local_path)
        self.latest_training_job: LocalTrainingJob | None = None

    @classmethod
    def attach(
        cls, training_job_name: str | Path, output_path: str | Path | None = None
    ) -> "LocalEstimator":
        """An estimator of a job that has succeeded, perhaps in another program; it can be deployed.

        Args:
            training_job_name: The job's name, or its folder, or the ``--output`` of ``ic-tf fit``.
            output_path: As the job's estimator had it.

        Returns:
            An estimator with the job's hyperparameters; its ``fit`` trains the job's model further.

        Raises:
            UserError: There is no such job here, or its output is in S3.
        """
        earlier = earlier_job.find(training_job_name, output_path or DEFAULT)
        model_data = str(earlier.job.model_data)
        known = earlier.info.model_id if earlier.info.model_id in specs.model_ids() else None
        estimator = cls(
            known,
            model_uri=model_data,
            hyperparameters=earlier.hyperparameters(),
            output_path=earlier.output_path,
        )
        estimator.latest_training_job = earlier.description(estimator.hyperparameters())
        estimator._model_data, estimator._finished = model_data, earlier.job
        return estimator

    def _take_default(self) -> str:
        """The model id of a call that names no model; what the user has not set is set for it."""
        chosen = default_model(self._hyperparameters)
        self._hyperparameters = {**chosen.hyperparameters, **self._hyperparameters}
        self._notice = chosen.notice
        return chosen.model_id

    def hyperparameters(self) -> dict[str, str]:
        """What was set, by canonical name; the rest has the model's defaults."""
        return dict(self._hyperparameters)

    def set_hyperparameters(self, **values: object) -> None:
        """Set hyperparameters.

        Raises:
            HyperparameterError: With every problem; nothing is set then.
        """
        defaults = self.model_id and specs.get(self.model_id).hyperparameters
        if problems := schema.problems(values, defaults or None):
            raise HyperparameterError(problems)
        self._hyperparameters |= schema.texts(values, defaults or None)

    def fit(
        self,
        inputs: object,
        wait: bool = True,
        logs: bool | str = True,
        job_name: str | None = None,
        experiment_config: object = None,  # noqa: ARG002
    ) -> None:
        """Train, and return when the job has ended, or, with ``wait=False``, when it has begun.

        Args:
            inputs: Channel name -> folder of class folders: ``training``, and ``validation`` and
                ``test``; or the training folder alone. Paths, ``file://`` or S3 URIs, or the SDK's
                ``TrainingInput`` of one.
            wait: False returns as soon as model and images are here and checked, and the training
                begins: ``wait()`` waits for its end, ``latest_training_job.describe()`` says how
                far it is and ``.log`` what it said, ``latest_training_job.stop()`` stops it. It
                ends with the program.
            logs: Whether to print the log as it comes, and how far the job is: on a terminal in one
                line below the log, elsewhere as a line after four silent seconds.
            job_name: Default: one that no other job has; that of the last job, where that was
                stopped and this call is the same, which then goes on.
            experiment_config: Without effect here.

        Raises:
            JobStoppedError: A notebook's interrupt or Ctrl-C; ``model_data`` is then the best model
                so far. The same call goes on.
            UserError: The job refused its input; the text is its reason.
            JobFailedError: The job broke; the text ends with its traceback.
            OutputExistsError: A job of this name has left its output.
            StorageError: S3 refuses, or is not there.
        """
        channels = local_channels.read(inputs)
        self._refuse_while_running()
        places = {name: str(place) for name, place in channels.items()}
        settings = beside(self)
        stopped = goes_on(self.latest_training_job, self._hyperparameters, places, settings)
        job = LocalTrainingJob(
            job_name or stopped or unique_name(self.base_job_name),
            hyperparameters=self._hyperparameters,
            inputs=places,
            output_path=self.output_path,
            beside=settings,
        )
        self.latest_training_job = job
        run = EstimatorRun(self, job, channels, again=job.name == stopped)
        if wait:
            run.here(shown if wanted(logs) else lambda: nullcontext(SILENT))
            return
        running = run.beside()
        job.follow(running)
        running.start()

    def deploy(
        self,
        initial_instance_count: int = 1,
        instance_type: str = "local",  # noqa: ARG002
        *,
        endpoint_name: str | None = None,
        serializer: object = None,
        deserializer: object = None,
        **sagemaker: object,
    ) -> "LocalEndpointPredictor":
        """Serve the model of the last successful job, in a process of its own.

        Args:
            initial_instance_count: Must be 1.
            instance_type: Without effect here.
            endpoint_name: Default: one that no other endpoint has.
            serializer: One of ``sagemaker.serializers``; None sends bytes as they are.
            deserializer: One of ``sagemaker.deserializers``; None gives bytes.
            **sagemaker: Arguments of ``Estimator.deploy`` that have no effect here.

        Raises:
            UserError: No job has succeeded, or an argument cannot be used.
            JobFailedError: The server broke.
        """
        from ic_tf_sdk.launch.local.endpoint import LocalEndpointPredictor

        arguments = sagemaker | {"instance_count": initial_instance_count}
        argument_names.refuse_misspelt("deploy", arguments, ON_DEPLOY_ONLY, beside=_OF_DEPLOY)
        name = endpoint_name or unique_name(self.base_job_name)
        return LocalEndpointPredictor(
            self.model_data,
            endpoint_name=name,
            serializer=serializer,
            deserializer=deserializer,
        )
