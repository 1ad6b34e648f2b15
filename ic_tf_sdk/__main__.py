"""``python -m ic_tf_sdk``: the command line, where scripts are not on the path."""

from ic_tf_sdk.cli import main

main(prog_name="ic-tf")
