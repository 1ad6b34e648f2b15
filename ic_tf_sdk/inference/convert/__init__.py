"""The exported model in other formats, and whether it still says the same."""
