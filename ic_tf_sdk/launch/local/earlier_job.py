"""A job of this machine that ended in another program, found again by its name or its folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ic_tf_sdk import s3
from ic_tf_sdk.contract import model_info
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import UserError, did_you_mean, nearest
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local import location
from ic_tf_sdk.launch.local.description import LocalTrainingJob
from ic_tf_sdk.launch.local.job import LocalJob
from ic_tf_sdk.specs import hyperparameters as schema

__all__ = ["EarlierJob", "find"]

_NAMED = 10


@dataclass(frozen=True)
class EarlierJob:
    """A finished job.

    Attributes:
        name: Its name.
        job: What it left.
        info: The description of its model.
        output_path: The folder of its and of other jobs.
    """

    name: str
    job: LocalJob
    info: ModelInfo
    output_path: Path

    def hyperparameters(self) -> dict[str, str]:
        """Those of the run which this version has, too."""
        trained = self.info.fine_tuning
        every = trained.hyperparameters if trained is not None else {}
        return {name: value for name, value in every.items() if not schema.problems({name: value})}

    def description(self, hyperparameters: Mapping[str, str]) -> LocalTrainingJob:
        """The job as SageMaker describes one, as far as its folder tells.

        Args:
            hyperparameters: Those of the run.
        """
        return LocalTrainingJob.ended(
            self.name,
            hyperparameters=hyperparameters,
            output_path=str(self.output_path),
            log=self.job.log.read_text(encoding="utf-8", errors="replace").splitlines(),
            model_data=self.job.model_data,
        )


def find(name: str | Path, output_path: str | Path) -> EarlierJob:
    """Look for a job.

    Args:
        name: A job's name, the folder of its output, or the ``--output`` of ``ic-tf fit``.
        output_path: The folder of all jobs.

    Raises:
        UserError: There is none that has succeeded; the nearest names are told.
    """
    if s3.is_uri(str(output_path)) or s3.is_uri(str(name)):
        raise UserError(
            "attach takes a job whose output is on this machine. To train a model in S3 further, "
            "give it as model_uri; LocalEndpointPredictor serves one from there."
        )
    root = location.local_path(output_path)
    folders = (Path(name), Path(name) / "output", root / name / "output")
    for folder in folders:
        job = local_job.finished(folder)
        info = model_info.read(job.model_data) if job is not None else None
        if job is not None and info is not None:
            own = folder.absolute().parent if folder.name == "output" else folder.absolute()
            return EarlierJob(own.name, job, info, own.parent)
    for partial in (Path(f"{folder}.partial") for folder in folders):
        if partial.is_dir():
            raise UserError(
                f"The job {str(name)!r} has not ended: it runs, or was stopped, in {partial}. "
                "attach takes one that has succeeded."
            )
    raise UserError(_absence(str(name), root))


def _absence(name: str, root: Path) -> str:
    there = sorted(path.parent.parent.name for path in root.glob("*/output/model.tar.gz"))
    said = f"There is no finished job {name!r} in {root}"
    if not there:
        return f"{said}, nor another one. Give its name and the output_path of its estimator."
    return f"{said}, which has {', '.join(there[:_NAMED])}.{did_you_mean(nearest(name, there))}"
