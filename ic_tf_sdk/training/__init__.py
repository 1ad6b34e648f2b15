"""The open training code of *Image Classification - TensorFlow*, as it runs in the container.

It needs TensorFlow, tf_keras, tensorflow_hub and pydantic, no network and no credentials. A run
goes down the left side; each module asks the rooms beside it. An import runs downwards only::

    flags, SM_* variables
            |
    transfer_learning      the entry point: exit codes, the failure file, SIGTERM
            |
    environment            where inputs lie and outputs go
            |
    plan                   hyperparameters and images checked, without TensorFlow     > data
            |
    job                    THE ORDER OF A RUN, numbered in ``job.run``
            |
            |-- readable_images   images that do not decode, left out or refused      > data
            |-- session           the network trained, its best epoch evaluated       > loop
            |-- results           the artifact and the reports written
            |
    SM_MODEL_DIR, SM_OUTPUT_DATA_DIR

    rooms, the higher ones first
    +-----------------------------+---------------------------------------------------+
    | loop                        | results                                           |
    | epochs, state, checkpoints, | evaluation, report page, artifact                 |
    | what is trained, on what    |                                                   |
    +-----------------------------+---------------------------------------------------+
    | devices    the devices that train together, their share of each batch, the hosts|
    +---------------------------------------------------------------------------------+
    | feed       batches of images or of features, augmentation, what is kept of both |
    +---------------------------------------------------------------------------------+
    | network    backbone, head, loss and metrics, optimizers, batch norm, precision  |
    +---------------------------------------------------------------------------------+
    | data       the images of a channel: listed, scanned, decoded once, split        |
    +---------------------------------------------------------------------------------+
    | graph      TensorFlow that training and serving share: decoding, preprocessing, |
    |            hub modules, the serving signature                                   |
    +---------------------------------------------------------------------------------+

    a batch on its way
    data.image_folder > graph.decode > graph.preprocessing > feed.augmentation > feed.batches
      > devices.sharding > network.classifier > network.objective > loop.fit

Nothing here imports ``inference``, ``content``, ``launch`` or ``cli``. The entry point's arguments,
lines and files are stable; the package itself is not part of the interface.
"""
