"""A channel's images: which there are, what their headers say, how they are split."""
