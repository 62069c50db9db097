"""`make interop`: a real vehicle and station stack against a running service.

The PyPI package `iso15118` (Josev community), with EXIficient in Java as its EXI codec, runs a
station and a vehicle in a network namespace of their own; evtrust runs beside them. The package
pins libraries that the project has in newer versions, so it lives in a virtual environment of its
own: `vehicle_session.py` and `lab_kit_in_package.py` run there and import nothing of the project,
everything else runs in the project's. Not collected by pytest: it needs the right to make network
namespaces, and two more minutes the first time.
"""
