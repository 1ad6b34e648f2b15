"""What a job leaves: evaluation, reports, the artifact."""
