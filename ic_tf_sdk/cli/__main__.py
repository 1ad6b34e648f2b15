"""``python -m ic_tf_sdk.cli``: the command line of this interpreter's installation."""

from ic_tf_sdk.cli.group import main

main(prog_name="ic-tf")
