"""A training as a run of MLflow: parameters, metrics, reports and the model."""
