"""DER values laid end to end."""


def split_der(joined: bytes) -> tuple[bytes, ...]:
    """Split concatenated DER values (ITU-T X.690 section 8.1.3, definite lengths) into each.

    Raises ValueError where the last value is cut short.
    """
    values: list[bytes] = []
    while joined:
        end = _end_of_first(joined)
        if end > len(joined):
            raise ValueError("a stored DER value is cut short")
        values.append(joined[:end])
        joined = joined[end:]
    return tuple(values)


def _end_of_first(joined: bytes) -> int:
    if len(joined) < 2:
        raise ValueError("a stored DER value is cut short")
    length = joined[1]
    if length < 0x80:
        return 2 + length
    octets = length & 0x7F
    return 2 + octets + int.from_bytes(joined[2 : 2 + octets], "big")
