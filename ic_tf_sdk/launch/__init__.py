"""Starting jobs: a request as a value first, then run here or sent to SageMaker."""
