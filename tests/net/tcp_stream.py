# SPDX-License-Identifier: MIT
"""tcp_stream.py - TCP connections and nothing beside them; iperf3 has one more, whose
packets overtake those of the others.

    tcp_stream.py sink PORT FLOWS BYTES         succeeds when so many have come, and no more
    tcp_stream.py source ADDR PORT FLOWS BYTES  succeeds when the sink has taken all

BYTES are those of all connections together, in whole blocks: one that is slow sends less.
"""
import socket
import sys
import threading

BLOCK = 1 << 17


def take(s, results):
    n = 0
    while data := s.recv(BLOCK):
        n += len(data)
    s.close()
    results.append(n)


def give(s, results, blocks):
    for _ in blocks:
        s.sendall(bytes(BLOCK))
    s.shutdown(socket.SHUT_WR)
    results.append(s.recv(1) == b"")


def together(work, sockets, *args):
    """Work with each, side by side.  Return: the results."""
    results = []
    threads = [threading.Thread(target=work, args=(s, results, *args)) for s in sockets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def sink(port, flows, size):
    listener = socket.create_server(("", int(port)))
    return sum(together(take, [listener.accept()[0] for _ in range(int(flows))])) == int(size)


def source(host, port, flows, size):
    sockets = [socket.create_connection((host, int(port))) for _ in range(int(flows))]
    blocks = iter(range(int(size) // BLOCK))        # of all
    return together(give, sockets, blocks) == [True] * len(sockets)


sys.exit(0 if {"sink": sink, "source": source}[sys.argv[1]](*sys.argv[2:]) else "not all of it came")
