"""The loops that training is measured against, each run as a process of its own.

With the words NAME FOLDER MODULE EPOCHS it trains once and prints one line of JSON:
seconds of training, peak memory, and the seconds of each epoch but the first. The names are the
keys of ``PEERS``.
"""

import itertools
import json
import logging
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENDED: list[float] = []
"""When each epoch did."""
SIZE, BATCH_SIZE, VALIDATION = 224, 32, 0.2
# As the defaults of "augmentation": flips, a turn of up to 72 degrees, a zoom of up to a tenth.
AUGMENTATION = {"horizontal_flip": True, "vertical_flip": True, "rotation_range": 72}
AUGMENTATION |= {"zoom_range": 0.1}


def main() -> None:
    """Run the peer that the command line names."""
    name, folder, module, epochs = sys.argv[1:]
    seconds = PEERS[name](Path(folder), Path(module), int(epochs))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    # Of an epoch the first to end is part of the start: graphs are traced in it.
    each = [later - earlier for earlier, later in itertools.pairwise(ENDED)]
    print(json.dumps({"training": seconds, "peak_gib": peak, "epochs": each}))
    if name.startswith("ours"):
        _leave()


def ours(
    folder: Path, module: Path, epochs: int, *, frozen: bool, augmented: bool = False
) -> float:
    """This package's entry point, as the container starts it."""
    import tempfile

    from ic_tf_sdk.training import transfer_learning

    if "FEATURE_BUDGET_BYTES" in os.environ:
        from ic_tf_sdk.training.feed import features

        features.MEMORY_BUDGET_BYTES = int(os.environ["FEATURE_BUDGET_BYTES"])
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {
            "SM_MODEL_DIR": f"{scratch}/model",
            "SM_OUTPUT_DATA_DIR": f"{scratch}/o/data",
        }
        flags = [f"--training={folder}", f"--model={module}", f"--epochs={epochs}"]
        flags += [f"--checkpoint_dir={scratch}/checkpoints", f"--train_only_on_top={frozen}"]
        flags += [f"--augmentation={augmented}"]
        seconds: list[float] = []
        # Beside the handler that prints, which the entry point sets.
        handler = logging.Handler()
        handler.emit = lambda record: _note(record.getMessage(), seconds)
        # The one that metrics are logged by, and that of checkouts of before there was one.
        for name in ("ic_tf_sdk.metrics", "ic_tf_sdk.training"):
            logging.getLogger(name).addHandler(handler)
        if code := transfer_learning.main(flags):
            sys.exit(code)
        # As the loops beside it: data and training, without loading or saving a model.
        return seconds[0]


def _leave() -> None:
    """End as the entry point ends; checkouts of before it had a way of its own return."""
    from ic_tf_sdk.training import transfer_learning

    if hasattr(transfer_learning, "leave"):
        transfer_learning.leave(0)


def _note(line: str, seconds: list[float]) -> None:
    name, _, value = line.partition(": ")
    if name == "- Total training duration":
        seconds.append(float(value))
    if line.startswith("Epoch "):
        ENDED.append(time.perf_counter())


def _end() -> None:
    ENDED.append(time.perf_counter())


def keras_loop(
    folder: Path, module: Path, epochs: int, *, frozen: bool, augmented: bool = False
) -> float:
    """What users run today: ``ImageDataGenerator``, ``hub.KerasLayer``, ``fit``."""
    import tensorflow_hub as hub
    import tf_keras

    generator = tf_keras.preprocessing.image.ImageDataGenerator(
        rescale=1 / 255, validation_split=VALIDATION, **(AUGMENTATION if augmented else {})
    )
    layer = hub.KerasLayer(str(module), trainable=not frozen)
    started = time.perf_counter()
    options = {"target_size": (SIZE, SIZE), "batch_size": BATCH_SIZE, "seed": 123}
    training = generator.flow_from_directory(folder, subset="training", **options)
    validation = generator.flow_from_directory(folder, subset="validation", **options)
    model = tf_keras.Sequential(
        [
            tf_keras.Input((SIZE, SIZE, 3)),
            layer,
            tf_keras.layers.Dropout(0.2),
            tf_keras.layers.Dense(training.num_classes),
        ]
    )
    loss = tf_keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    model.compile("adam", loss, metrics=["accuracy"])
    end = tf_keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: _end())
    model.fit(training, validation_data=validation, epochs=epochs, verbose=0, callbacks=[end])
    return time.perf_counter() - started


def torch_cached(folder: Path, _: Path, epochs: int) -> float:
    """PyTorch + timm with the cached-feature idea: one pass, then the head; channels last."""
    import torch

    model, images, classes = _torch(folder)
    started = time.perf_counter()
    model.eval()
    with torch.inference_mode():
        found = [model.forward_head(model.forward_features(x), pre_logits=True) for x in images]
    features, head = torch.cat(found).clone(), torch.nn.Linear(found[0].shape[1], 5)
    optimizer = torch.optim.Adam(head.parameters())
    for _epoch in range(epochs):
        for rows in torch.randperm(len(features)).split(BATCH_SIZE):
            optimizer.zero_grad()
            dropped = torch.nn.functional.dropout(features[rows], 0.2)
            _torch_loss(head(dropped), classes[rows]).backward()
            optimizer.step()
    return time.perf_counter() - started


def torch_full(folder: Path, _: Path, epochs: int, *, bfloat16: bool = False) -> float:
    """PyTorch + timm, every weight trained; channels last, float32 or by autocast bfloat16."""
    import torch

    model, images, classes = _torch(folder)
    cast = torch.autocast("cpu", torch.bfloat16, enabled=bfloat16)
    started = time.perf_counter()
    optimizer = torch.optim.Adam(model.parameters())
    training = round((1 - VALIDATION) * len(classes) / BATCH_SIZE)
    for _epoch in range(epochs):
        model.train()
        for step, (x, y) in enumerate(zip(images, classes.split(BATCH_SIZE), strict=True)):
            if step < training:
                optimizer.zero_grad()
                with cast:
                    loss = _torch_loss(model(x), y)
                loss.backward()
                optimizer.step()
                continue
            model.eval()
            with torch.inference_mode(), cast:
                _torch_loss(model(x), y)
        _end()
    return time.perf_counter() - started


def _torch_loss(logits: Any, classes: Any) -> Any:
    import torch

    return torch.nn.functional.cross_entropy(logits, classes, label_smoothing=0.1)


def _torch(folder: Path) -> tuple[Any, Any, Any]:
    """A timm MobileNetV2 without weights (speed does not depend on them) and its batches."""
    import timm
    import torch
    from PIL import Image

    class Files(torch.utils.data.Dataset):
        def __init__(self) -> None:
            names = sorted(path.name for path in folder.iterdir())
            self.rows = [
                (path, names.index(path.parent.name)) for path in sorted(folder.rglob("*.jpg"))
            ]

        def __len__(self) -> int:
            return len(self.rows)

        def __getitem__(self, row: int) -> Any:
            with Image.open(self.rows[row][0]) as image:
                pixels = image.convert("RGB").resize((SIZE, SIZE))
            data = torch.frombuffer(bytearray(pixels.tobytes()), dtype=torch.uint8)
            return data.view(SIZE, SIZE, 3).permute(2, 0, 1).float().div(255)

    files = Files()
    model = timm.create_model("mobilenetv2_100", pretrained=False, num_classes=5)
    loader = torch.utils.data.DataLoader(files, BATCH_SIZE, num_workers=os.cpu_count() or 1)

    class Batches:
        def __iter__(self) -> Any:
            return (x.contiguous(memory_format=torch.channels_last) for x in loader)

    classes = torch.tensor([label for _, label in files.rows])
    return model.to(memory_format=torch.channels_last), Batches(), classes


PEERS: dict[str, Callable[[Path, Path, int], float]] = {
    "ours-frozen": lambda *given: ours(*given, frozen=True),
    "keras-frozen": lambda *given: keras_loop(*given, frozen=True),
    "torch-frozen": torch_cached,
    "ours-full": lambda *given: ours(*given, frozen=False),
    "keras-full": lambda *given: keras_loop(*given, frozen=False),
    "torch-full": torch_full,
    "torch-full-bfloat16": lambda *given: torch_full(*given, bfloat16=True),
    "ours-augmented": lambda *given: ours(*given, frozen=True, augmented=True),
    "keras-augmented": lambda *given: keras_loop(*given, frozen=True, augmented=True),
}

if __name__ == "__main__":
    main()
