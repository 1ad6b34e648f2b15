"""The short version of ``nox -s fuzz`` for images and bodies."""

from collections import Counter

from tests.fuzz import fuzz_images


def test_mutated_images_and_bodies_are_refused_or_read_as_they_are_in_their_time() -> None:
    outcomes = Counter(fuzz_images.run(300, seed=3))
    assert outcomes.total() == 600
    # Each way out is taken: nothing is refused, or let through, wholesale.
    assert min(outcomes[way] for way in (("image", "decoded"), ("image", "undecodable"))) > 20
    assert min(outcomes["image", "refused"], outcomes["body", "refused"]) > 10
    assert outcomes["body", "read"] > 5
    assert not [outcome for outcome in outcomes if "without" in outcome[1]]
