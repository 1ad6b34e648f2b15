"""The one place where the package's version stands; published script archives carry it."""

__version__ = "0.1.0"
