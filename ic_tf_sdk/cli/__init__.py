"""``ic-tf``, the command line: one module per command, imported only when it is called.

The commands and their options are the interface; this package is not part of the interface.
"""

from ic_tf_sdk.cli.group import main

__all__ = ["main"]
