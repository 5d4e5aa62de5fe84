"""What is used of the libraries that carry a call to Docker, each library's in one module. No other module names them.

Each function says what it relies on beyond what its library documents. `tests/dockerapi/test_libraries.py` holds each
against the version that is installed, `make sdk-matrix` against the oldest and the newest that pyproject.toml allows.
The modules import their library at the top, so they are imported where they are used: the plugin starts fast.

Not here: what is sent, and what a failure means (connection, failures).

    docker_py      docker-py: pools for the named pipes of Windows, and the logins of a docker configuration
    requests_tcp   requests: pools for TCP, with the proxies and the certificates that its users know
    urllib3_pools  urllib3: one call by a pool, pools over streams of our own, and what its failures mean
"""
