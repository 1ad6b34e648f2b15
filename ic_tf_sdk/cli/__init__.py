"""``ic-tf``, the command line: one module per command, imported only when it is called."""

from ic_tf_sdk.cli.group import main

__all__ = ["main"]
