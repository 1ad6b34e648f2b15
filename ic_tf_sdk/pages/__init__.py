"""What people look at in a browser or a notebook: charts, tables and the look that they share.

It is not part of the interface.
"""
