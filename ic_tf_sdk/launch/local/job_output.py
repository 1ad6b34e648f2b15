"""Where a ``LocalEstimator``'s job puts its output: a folder, and S3 where that was asked for."""

from pathlib import Path

from ic_tf_sdk import s3
from ic_tf_sdk.launch.local import location, stop_signals
from ic_tf_sdk.launch.local.job import LocalJob
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError

__all__ = ["DEFAULT", "JobOutput"]

DEFAULT = "ic-tf-jobs"
"""The folder of all jobs where none is given, below the current one."""


class JobOutput:
    """The output of one job.

    Args:
        output_path: A folder or an S3 URI.
        job_name: The job's name.

    Attributes:
        folder: Where it is on this machine; also where it goes to S3: what a stopped job leaves
            must stay.
    """

    def __init__(self, output_path: str, job_name: str) -> None:
        self._uri = None
        root = Path(DEFAULT)
        if s3.is_uri(output_path):
            self._uri = s3.parse(output_path).as_folder().below(f"{job_name}/output/")
        else:
            root = location.local_path(output_path)
        self.folder = (root / job_name / "output").absolute()

    def check(self) -> None:
        """Let S3 refuse before hours of training; a denial to list may be none to write.

        Raises:
            StorageError: S3 refuses, or is not there.
        """
        if self._uri is not None:
            s3.Client().has_any(self._uri)

    def deliver(self, done: LocalJob) -> str:
        """Upload a result that is to be in S3.

        Args:
            done: The job, which has succeeded.

        Returns:
            Where its ``model.tar.gz`` then is: a path or an S3 URI.

        Raises:
            JobStoppedError: This process was asked to end meanwhile.
            StorageError: S3 refuses, or is not there.
        """
        if self._uri is None:
            return str(done.model_data)
        try:
            location.upload_output(done.model_data, done.output_data, self._uri)
        except KeyboardInterrupt as interrupt:
            raise JobStoppedError(
                f"Stopped before all was uploaded to {self._uri}; the result is complete in "
                f"{self.folder}. The same call of fit uploads it.",
                number=stop_signals.number_of(interrupt),
                model_data=done.model_data,
            ) from None
        return str(self._uri.below("model.tar.gz"))
