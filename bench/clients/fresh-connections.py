"""Asks for a token over a fresh connection per call, as a program that needs one token does.

Reads one JSON line per slice from standard input and writes the microseconds per call to standard output.
  {"kind": "library", "seconds": 0.25, "account": "bench"}          liboidc-agent.so.4, OIDC_SOCK in the environment
  {"kind": "tcp", "seconds": 0.25, "port": 7317, "key": "..."}      GET token at Keyway's port
  {"kind": "socket", "seconds": 0.25, "path": "...", "key": "..."}  the same over its local socket
"""

import ctypes
import json
import socket
import sys
import time


def library_call(asked):
    library = ctypes.CDLL("liboidc-agent.so.4")
    library.getAccessToken.restype = ctypes.c_void_p
    library.getAccessToken.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_char_p]
    library._secFree.argtypes = [ctypes.c_void_p]
    account = asked["account"].encode()

    def call():
        pointer = library.getAccessToken(account, 0, None)
        if not pointer:
            raise SystemExit("oidc-agent returned no token")
        token = ctypes.string_at(pointer).decode()
        library._secFree(pointer)
        return token

    return call


def keyway_call(asked):
    over_tcp = asked["kind"] == "tcp"
    family = socket.AF_INET if over_tcp else socket.AF_UNIX
    address = ("127.0.0.1", asked["port"]) if over_tcp else asked["path"]
    host = f"127.0.0.1:{asked['port']}"
    request = (
        f"GET /api/integrations/bench/token HTTP/1.1\r\nHost: {host}\r\n"
        f"X-API-Key: {asked['key']}\r\nConnection: close\r\n\r\n"
    ).encode()

    def call():
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.connect(address)
            connection.sendall(request)
            received = bytearray()
            while part := connection.recv(65536):
                received += part
        head, _, body = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise SystemExit("Keyway did not return a token")
        return json.loads(body)["data"]["accessToken"]

    return call


calls = {}
for line in sys.stdin:
    asked = json.loads(line)
    call = calls.get(asked["kind"])
    if call is None:
        call = library_call(asked) if asked["kind"] == "library" else keyway_call(asked)
        calls[asked["kind"]] = call
    started = time.perf_counter()
    ends = started + asked["seconds"]
    count = 0
    while time.perf_counter() < ends:
        if not call():
            raise SystemExit("an empty token")
        count += 1
    print((time.perf_counter() - started) / count * 1e6, flush=True)
