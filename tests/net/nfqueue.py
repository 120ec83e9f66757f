# SPDX-License-Identifier: MIT
"""
nfqueue.py - a program that a firewall asks about packets (queue 0): it lets all pass.

The kernel goes on with them in the context of this process, where no other path has them.
Prints "listening", then a line for each packet.
"""
import socket
import struct

NETLINK_NETFILTER, NLM_F_REQUEST = 12, 1
PACKET, VERDICT, CONFIG = (3 << 8 | n for n in range(3))    # NFNL_SUBSYS_QUEUE
CFG_CMD, CFG_PARAMS, PACKET_HDR, VERDICT_HDR = 1, 2, 1, 2
BIND, COPY_META, NF_ACCEPT = 1, 1, 1


def attr(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def send(sock, kind, *attrs):
    body = struct.pack("!BBH", socket.AF_UNSPEC, 0, 0) + b"".join(attrs)
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, NLM_F_REQUEST, 0, 0) + body)


def messages(data):
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        yield kind, data[16:length]
        data = data[(length + 3) & ~3:]


def packet_id(body):
    """Of struct nfqnl_msg_packet_hdr, behind struct nfgenmsg"""
    at = 4
    while at + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, at)
        if kind == PACKET_HDR:
            return struct.unpack_from("!I", body, at + 4)[0]
        at += (length + 3) & ~3
    raise ValueError("a packet without an id")


def main():
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    send(sock, CONFIG, attr(CFG_CMD, struct.pack("!BxH", BIND, 0)))
    send(sock, CONFIG, attr(CFG_PARAMS, struct.pack("!IB", 0, COPY_META)))
    print("listening", flush=True)
    while True:
        for kind, body in messages(sock.recv(65536)):
            if kind == PACKET:
                send(sock, VERDICT, attr(VERDICT_HDR, struct.pack("!II", NF_ACCEPT, packet_id(body))))
                print("packet", flush=True)


main()
