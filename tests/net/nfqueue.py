# SPDX-License-Identifier: MIT
"""
nfqueue.py - a program that a firewall asks about packets (queue 0): it lets all pass.

The kernel goes on with them in the context of this process, where no other path has them.
Prints "listening", then a line for each packet.
"""
import socket
import struct
import sys

from genl import REQUEST, Netlink, attr, one

NETLINK_NETFILTER = 12
PACKET, VERDICT, CONFIG = (3 << 8 | n for n in range(3))    # NFNL_SUBSYS_QUEUE
CFG_CMD, CFG_PARAMS, PACKET_HDR, VERDICT_HDR = 1, 2, 1, 2
BIND, COPY_META, NF_ACCEPT = 1, 1, 1
NFGENMSG = struct.pack("!BBH", socket.AF_UNSPEC, 0, 0)


def configure(nl, kind, data):
    answer = nl.request(CONFIG, NFGENMSG + attr(kind, data))
    if answer.err:
        sys.exit("nfqueue: %r" % answer)


def main():
    nl = Netlink(NETLINK_NETFILTER, timeout=None)
    configure(nl, CFG_CMD, struct.pack("!BxH", BIND, 0))
    configure(nl, CFG_PARAMS, struct.pack("!IB", 0, COPY_META))
    print("listening", flush=True)
    while True:
        message = nl.sock.recv(65536)
        if struct.unpack_from("=IH", message)[1] != PACKET:
            continue
        packet = one(message[16 + len(NFGENMSG):], PACKET_HDR)[:4]    # its number is first
        verdict = attr(VERDICT_HDR, struct.pack("!I", NF_ACCEPT) + packet)
        nl.send(nl.pack(VERDICT, REQUEST, NFGENMSG + verdict))
        print("packet", flush=True)


main()
