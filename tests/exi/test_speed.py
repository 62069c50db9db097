"""The codec stays far cheaper than the signatures around it."""

from benchmarks.exi_codec import MOST_VERIFICATIONS, installation_response, measure_codec
from exi import Schema, decode, encode


def test_a_response_costs_a_few_verifications() -> None:
    """Twice what the benchmark allows: this machine is not quiet."""
    times = measure_codec(1.0)
    assert 4000 < times.size < 4500
    for bar in times.bars():
        assert bar.measured < 2 * MOST_VERIFICATIONS, bar


def test_what_is_measured_is_the_message() -> None:
    message = installation_response()
    assert decode(encode(message), Schema.ISO15118_2) == message
