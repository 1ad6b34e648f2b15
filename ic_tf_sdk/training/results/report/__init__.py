"""``report.html``: a job's result on one page that needs nothing else, of a few sections."""
