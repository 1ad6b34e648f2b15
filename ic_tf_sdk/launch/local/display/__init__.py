"""What a person sees of a job that runs here: its log, its warnings and how far each phase is."""

from ic_tf_sdk.launch.local.display.choice import shown
from ic_tf_sdk.launch.local.display.listener import SILENT, Listener

__all__ = ["SILENT", "Listener", "shown"]
