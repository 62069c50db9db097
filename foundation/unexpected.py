"""What may be told of an error that nobody expected: its kind and where it passed, no more."""

MAXIMUM_PLACES = 12


def places(failure: BaseException) -> list[str]:
    """Return the last frames as `file.py:line function`.

    Neither the error's text nor any value is told: they may quote a row.
    """
    passed: list[str] = []
    trace = failure.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        passed.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return passed[-MAXIMUM_PLACES:]
