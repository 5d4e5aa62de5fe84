"""A client of a service: `python client.py NAME PORT PATH`, run in the network namespace of a container of the network.

It looks the name up and connects anew for each request, at least 50 times a second, and tries nothing twice. When its
stdin ends it prints `{"requests": N, "seconds": S, "failures": [...]}`. Standard library only, and by file name: it is
no part of the package.
"""

from __future__ import annotations

import json
import random
import socket
import struct
import sys
import threading
import time

RESOLVER = ("127.0.0.11", 53)
TIMEOUT = 5.0
WORKERS = 8
PAUSE = 0.08


def look_up(name: str) -> list[str]:
    """Addresses of a name, from the resolver that Docker gives to each container."""
    query = struct.pack(">6H", random.randrange(65536), 0x0100, 1, 0, 0, 0)
    query += b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + b"\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(TIMEOUT)
        asking.connect(RESOLVER)
        asking.send(query)
        answer = asking.recv(4096)
    found, at = [], len(query)
    for _ in range(struct.unpack(">H", answer[6:8])[0]):
        # the name of each answer is a pointer of two bytes, or labels up to an empty one
        while answer[at] and answer[at] < 0xC0:
            at += 1 + answer[at]
        at += 2 if answer[at] else 1
        kind, _, _, length = struct.unpack(">HHIH", answer[at : at + 10])
        if kind == 1:
            found.append(socket.inet_ntoa(answer[at + 10 : at + 10 + length]))
        at += 10 + length
    return found


def request(name: str, port: int, path: str) -> str:
    """Make one request; return what failed, or ""."""
    try:
        addresses = look_up(name)
        if not addresses:
            return "no address"
        with socket.create_connection((random.choice(addresses), port), TIMEOUT) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
            answer = b""
            while data := connection.recv(65536):
                answer += data
    except OSError as error:
        return str(error) or type(error).__name__
    head, _, body = answer.partition(b"\r\n\r\n")
    return "" if b" 200 " in head.split(b"\r\n")[0] and body else f"answered {answer[:80]!r}"


def main() -> None:
    name, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    ended = threading.Event()
    counts: list[int] = []
    failures: list[str] = []

    def work() -> None:
        made = 0
        while not ended.is_set():
            began = time.monotonic()
            failed = request(name, port, path)
            made += 1
            if failed:
                failures.append(failed)
            ended.wait(max(0.0, PAUSE - (time.monotonic() - began)))
        counts.append(made)

    began = time.monotonic()
    workers = [threading.Thread(target=work) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    sys.stdin.read()
    ended.set()
    for worker in workers:
        worker.join()
    print(json.dumps({"requests": sum(counts), "seconds": time.monotonic() - began, "failures": failures}))


if __name__ == "__main__":
    main()
