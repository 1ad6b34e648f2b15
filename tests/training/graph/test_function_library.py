"""Of the functions beside a graph those are kept that are called, directly or not."""

from tensorflow.core.framework.graph_pb2 import GraphDef

from ic_tf_sdk.training.graph.function_library import called, reached


def graph() -> GraphDef:
    """One that calls ``outer``, which has the choice of ``one`` and ``two``; not the rest."""
    found = GraphDef()
    call = found.node.add(name="call", op="PartitionedCall")
    call.attr["f"].func.name = "outer"
    call.attr["T"].i = 1
    for name in ("unused", "two", "outer", "one"):
        found.library.function.add().signature.name = name
    body = found.library.function[2].node_def
    choice = body.add(name="choice", op="Case")
    for name in ("one", "two", "elsewhere"):
        choice.attr["branches"].list.func.add().name = name
    # A function may call itself.
    found.library.function[3].node_def.add().attr["f"].func.name = "one"
    found.library.function[0].node_def.add().attr["f"].func.name = "two"
    return found


def test_a_node_names_the_functions_of_all_its_attributes() -> None:
    found = graph()
    assert [one.name for one in called(found.node[0])] == ["outer"]
    choice = found.library.function[2].node_def[0]
    assert [one.name for one in called(choice)] == ["one", "two", "elsewhere"]


def test_what_is_called_through_another_is_reached_once_and_the_rest_is_not() -> None:
    found = graph()
    names = [one.signature.name for one in reached(found.library.function, found.node)]
    assert sorted(names) == ["one", "outer", "two"]
    assert reached(found.library.function, []) == []


def test_a_function_whose_name_is_the_operation_is_reached_also_within_another() -> None:
    # As TensorFlow 1 calls what it defines.
    found = graph()
    found.node.add(name="defined", op="outer")
    found.library.function[1].node_def.add(name="nested", op="unused")
    names = [one.signature.name for one in reached(found.library.function, found.node[1:])]
    assert sorted(names) == ["one", "outer", "two", "unused"]
