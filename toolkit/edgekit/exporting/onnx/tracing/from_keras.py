"""A Keras graph as ONNX, by tf2onnx; see `carried_weights.py` for how its weights travel."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.classifier import INPUT_NAME
from edgekit.exporting.onnx.graph import as_model
from edgekit.exporting.onnx.tracing.carried_weights import CarriedWeights, is_token, known_to_tf2onnx
from edgekit.exporting.onnx.tracing.freezing import as_constants, frozen
from edgekit.exporting.onnx.tracing.handlers import handlers
from edgekit.exporting.onnx.tracing.kernel_scaling import scale_kernels
from edgekit.exporting.onnx.tracing.merging import merging_by_name
from edgekit.foundation.errors import ExportError, first_line_of
from edgekit.foundation.keras_setup import import_tensorflow

if TYPE_CHECKING:
    import keras
    import onnx
    import onnx_ir as ir


def traced(graph: "keras.Model", opset: int) -> "ir.Model":
    """The graph as ONNX, with the weights of `graph` themselves, not copies of them.

    Raises:
        ExportError: ONNX lacks an operator, which is named, or tf2onnx fails.
    """
    tf = import_tensorflow("edgekit export")
    from keras.src.export.tf2onnx_lib import patch_tf2onnx

    patch_tf2onnx()
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)  # what it complains of is in the errors raised below
    signature = [tf.TensorSpec(tuple(graph.inputs[0].shape), tf.float32, name=INPUT_NAME)]
    function = tf.function(lambda pixels: graph(pixels, training=False), input_signature=signature)
    weights = CarriedWeights()
    try:
        with _inner_functions_inlined(tf), tf.device("/cpu:0"), known_to_tf2onnx(weights), merging_by_name():
            proto = _converted(function.get_concrete_function(*signature), opset, weights)
    except (ValueError, RuntimeError, KeyError, TypeError) as error:
        raise ExportError(f"tf2onnx could not convert the model to ONNX: {first_line_of(error)}") from error
    _check_operators(proto)
    return _with_weights(proto, weights)


def _converted(function: Any, opset: int, weights: CarriedWeights) -> "onnx.ModelProto":
    """As `tf2onnx.convert.from_function`, of a concrete function; large weights are tokens in what comes out."""
    import tensorflow as tf
    from tf2onnx import convert, optimizer, tf_loader, tfonnx

    outputs = [each.name for each in function.outputs]
    inputs = [each.name for each in function.inputs if each.dtype != tf.resource]
    names = convert.tensor_names_from_structed(function, inputs, outputs)
    definition, carried = frozen(function)
    with tf.Graph().as_default() as before:
        tf.import_graph_def(definition, name="")
        definition = tf_loader.fix_freezing_errors_part2(before.as_graph_def(add_shapes=True))
    with tf.Graph().as_default():
        tf.import_graph_def(definition, name="")
        definition = tf_loader.tf_optimize(inputs, outputs, definition)
    scale_kernels(definition, carried)
    as_constants(definition, set(carried))
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
        made = tfonnx.process_tf_graph(
            graph,
            const_node_values={name: weights.token(array) for name, array in carried.items()},
            custom_op_handlers=handlers(),
            continue_on_error=True,
            opset=opset,
            input_names=inputs,
            output_names=outputs,
            tensors_to_rename=names,
        )
        return optimizer.optimize_graph(made).make_model("edgekit")


def _with_weights(proto: "onnx.ModelProto", weights: CarriedWeights) -> "ir.Model":
    """The graph of `proto`, with numbers instead of tokens."""
    import onnx_ir as ir

    tokens = [each for each in proto.graph.initializer if is_token(each.raw_data)]
    arrays = {each.name: weights.array_of(each) for each in tokens}
    model = as_model(proto)
    for name, array in arrays.items():
        model.graph.initializers[name].const_value = ir.Tensor(array, name=name)
    return model


@contextmanager
def _inner_functions_inlined(tf: Any) -> Iterator[None]:
    """Trace what Keras compiles by XLA on processors, grouped convolutions, as the operators that it is made of."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def _check_operators(model: "onnx.ModelProto") -> None:
    """Raise ExportError, naming them, if operators of TensorFlow are left that ONNX lacks."""
    import onnx

    known = {(schema.domain, schema.name) for schema in onnx.defs.get_all_schemas()}
    if foreign := {node.op_type: node.name for node in model.graph.node if (node.domain, node.op_type) not in known}:
        names = ", ".join(f"{operator} (as in '{node}')" for operator, node in sorted(foreign.items()))
        raise ExportError(f"ONNX has no operator for TensorFlow's {names}. Replace the layer by common operators.")
