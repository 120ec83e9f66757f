#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""ike_half_open.py FROM TO N: N IKE_SA_INIT requests (aes128gcm16-prfsha256-x25519) that
nobody goes on with.  Says what each was answered with: "SA" or "COOKIE".

ike_half_open.py twice DEV: sends each IKE datagram that leaves by DEV once more
"""
import os
import socket
import struct
import sys

SA, KE, NONCE, NOTIFY = 33, 34, 40, 41
SA_INIT, INITIATOR = 34, 8
COOKIE = 16390


def transform(kind, ident, attr=b"", last=False):
    return struct.pack(">BBHBBH", 0 if last else 3, 0, 8 + len(attr), kind, 0, ident) + attr


def payload(following, body):
    return struct.pack(">BBH", following, 0, 4 + len(body)) + body


def request():
    transforms = [transform(1, 20, struct.pack(">HH", 0x800E, 128)), transform(2, 5),
                  transform(4, 31, last=True)]
    proposal = b"".join(transforms)
    proposal = struct.pack(">BBHBBBB", 0, 0, 8 + len(proposal), 1, 1, 0, 3) + proposal
    body = payload(KE, proposal) + payload(NONCE, struct.pack(">HH", 31, 0) + os.urandom(32))
    body += payload(0, os.urandom(32))
    return os.urandom(8) + struct.pack(">8xBBBBII", SA, 0x20, SA_INIT, INITIATOR, 0,
                                       28 + len(body)) + body


def call(src, dst, n):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((src, 0))
    s.settimeout(20)
    for _ in range(int(n)):
        s.sendto(request(), (dst, 500))
        answer = s.recv(4096)
        first = answer[16]
        kind = struct.unpack(">H", answer[34:36])[0] if first == NOTIFY else 0
        print("SA" if first == SA else "COOKIE" if kind == COOKIE else f"{first}/{kind}")


def twice(dev):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    s.bind((dev, 0x0003))
    print("ready", flush=True)
    while True:
        frame, (_, _, kind, _, _) = s.recvfrom(65535)
        if kind != socket.PACKET_OUTGOING or frame[12:14] != b"\x08\x00" or frame[23] != 17:
            continue
        # What goes out has half a checksum, which the device would complete.  None is
        # valid too, and says that it is ours.
        if frame[40:42] != b"\0\0":
            s.send(frame[:40] + b"\0\0" + frame[42:])


if __name__ == "__main__":
    if sys.argv[1] == "twice":
        twice(sys.argv[2])
    else:
        call(*sys.argv[1:])
