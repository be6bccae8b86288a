"""TLS as a client has it that believes one authority."""

import functools
import ssl


@functools.cache
def context(ca_file) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)
