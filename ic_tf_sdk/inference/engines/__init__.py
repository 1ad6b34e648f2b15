"""Batch prediction on the machines of an engine that others wrote: Spark, Ray Data."""
