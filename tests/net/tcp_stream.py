# SPDX-License-Identifier: MIT
"""tcp_stream.py - TCP connections and nothing beside them; iperf3 has one more, whose
packets overtake those of the others.

    tcp_stream.py sink PORT FLOWS BYTES         succeeds when so many have come, and no more
    tcp_stream.py source ADDR PORT FLOWS BYTES  succeeds when the sink has taken all

BYTES are those of one connection.
"""
import socket
import sys
import threading

BLOCK = 1 << 17


def take(s, size, results):
    n = 0
    while block := s.recv(BLOCK):
        n += len(block)
    s.close()
    results.append(n == size)


def give(s, size, results):
    left = size
    while left:
        left -= s.send(bytes(min(left, BLOCK)))
    s.shutdown(socket.SHUT_WR)
    results.append(s.recv(1) == b"")


def together(work, sockets, size):
    results = []
    threads = [threading.Thread(target=work, args=(s, size, results)) for s in sockets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.exit(0 if results == [True] * len(sockets) else f"what became of each: {results}")


def sink(port, flows, size):
    listener = socket.create_server(("", int(port)))
    together(take, [listener.accept()[0] for _ in range(int(flows))], int(size))


def source(host, port, flows, size):
    together(give, [socket.create_connection((host, int(port))) for _ in range(int(flows))], int(size))


{"sink": sink, "source": source}[sys.argv[1]](*sys.argv[2:])
