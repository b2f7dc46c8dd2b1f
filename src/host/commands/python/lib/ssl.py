import socket as _socket


class SSLError(OSError):
    pass


CERT_NONE = 0
CERT_OPTIONAL = 1
CERT_REQUIRED = 2
PROTOCOL_TLS = 2
PROTOCOL_TLS_CLIENT = 16
PROTOCOL_SSLv23 = 2
PROTOCOL_TLSv1_2 = 5
OP_NO_SSLv2 = 0
OPENSSL_VERSION = 'OpenSSL 3.0.17 1 Jul 2025'
HAS_SNI = True


class SSLContext:
    def __init__(self, protocol=None):
        self.check_hostname = True
        self.verify_mode = CERT_REQUIRED

    def wrap_socket(self, sock, *args, **kwargs):
        return sock

    def load_cert_chain(self, *args, **kwargs):
        pass

    def load_verify_locations(self, *args, **kwargs):
        pass

    def set_ciphers(self, ciphers):
        pass


def create_default_context(*args, **kwargs):
    return SSLContext()


def _create_unverified_context(*args, **kwargs):
    return SSLContext()


_create_default_https_context = create_default_context


def wrap_socket(sock, *args, **kwargs):
    return sock
