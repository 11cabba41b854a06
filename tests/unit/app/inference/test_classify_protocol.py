"""Examples and probabilities survive the way to the inference process and back."""

import numpy as np
import pytest

from app.inference.protocol import ClassifyReply, ClassifyRequest


@pytest.mark.parametrize(
    "examples",
    [
        np.arange(2 * 3 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3, 3),
        np.linspace(-1, 1, 10, dtype=np.float32).reshape(2, 5),
    ],
)
def test_examples_arrive_as_they_were_sent(examples):
    request = ClassifyRequest.of("a" * 64, examples)
    arrived = ClassifyRequest.model_validate_json(request.model_dump_json())
    assert arrived.weights == "a" * 64
    assert arrived.array.dtype == examples.dtype
    np.testing.assert_array_equal(arrived.array, examples)


def test_probabilities_arrive_as_they_were_sent():
    probabilities = np.float32([[0.25, 0.75], [1, 0]])
    arrived = ClassifyReply.model_validate_json(ClassifyReply.of(probabilities).model_dump_json())
    np.testing.assert_array_equal(arrived.array, probabilities)


def test_bytes_that_do_not_fill_their_shape_are_refused():
    request = ClassifyRequest(weights="a", dtype="uint8", shape=(2, 2), examples=b"123")
    with pytest.raises(ValueError, match="reshape"):
        _ = request.array
