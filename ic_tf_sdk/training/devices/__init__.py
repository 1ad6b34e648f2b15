"""The devices and hosts that train together."""
