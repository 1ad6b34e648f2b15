"""Operations of a graph that read or write files, or run code that no graph shows.

A model that classifies pixels needs none. One that has some is no less a model, but it does more
than it says with the rights of whoever loads it, and further training carries them along.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

__all__ = ["found", "warn"]

logger = logging.getLogger(__name__)

# Not SaveV2, RestoreV2 and their kin: every SavedModel has them, to be saved and restored by.
_OPERATIONS = frozenset(
    (
        "CSVDataset", "CSVDatasetV2", "CreateSummaryDbWriter", "CreateSummaryFileWriter",
        "DatasetToTFRecord", "EagerPyFunc", "FileSystemSetConfiguration",
        "FixedLengthRecordDataset", "FixedLengthRecordDatasetV2", "FixedLengthRecordReader",
        "FixedLengthRecordReaderV2", "ImmutableConst", "InitializeTableFromTextFile",
        "InitializeTableFromTextFileV2", "ListDataset", "LoadDataset", "LoadDatasetV2",
        "MatchingFiles", "MatchingFilesDataset", "PrintV2", "PyFunc", "PyFuncStateless",
        "ReadFile", "ReaderReadUpTo", "ReaderReadUpToV2", "ReaderReadV2", "SaveDataset",
        "SaveDatasetV2", "SnapshotDataset", "SnapshotDatasetV2", "TFRecordDataset",
        "TFRecordDatasetV2", "TFRecordReader", "TFRecordReaderV2", "TextLineDataset",
        "TextLineReader", "TextLineReaderV2", "WholeFileReader", "WholeFileReaderV2", "WriteFile",
    )
)  # fmt: skip


def found(graph: SavedModel) -> list[str]:
    """The names of such operations, sorted.

    Args:
        graph: A SavedModel's protocol buffer.
    """
    return sorted(_OPERATIONS.intersection(_operations(graph)))


def warn(graph: SavedModel, name: Path) -> None:
    """Say it of a model that has some.

    Args:
        graph: Its protocol buffer.
        name: The path that the user knows it by.
    """
    names = found(graph)
    if names:
        logger.warning(
            "Warning: the graph of %s has operations that read or write files, or run Python: %s. "
            "They run with your rights when the model is loaded, asked or trained further; go on "
            "only if you trust its source.",
            name,
            ", ".join(names),
        )


def _operations(graph: SavedModel) -> Iterator[str]:
    for meta_graph in graph.meta_graphs:
        yield from (node.op for node in meta_graph.graph_def.node)
        for function in meta_graph.graph_def.library.function:
            yield from (node.op for node in function.node_def)
