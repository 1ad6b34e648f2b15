"""Training jobs, endpoints, tuning and batch transform on SageMaker."""
