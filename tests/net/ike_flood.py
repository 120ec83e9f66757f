#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# ike_flood.py HUB PREFIX N ADDRESSES [cookies]: sends N IKE_SA_INIT requests (RFC 7296
# 1.2), each with another SPI and nonce, from ADDRESSES addresses of PREFIX ("10.99"), which
# the host has, and waits for each answer.  With "cookies" it repeats those that are asked for
# one.  Prints how many were answered: with a cookie, with an SA, not at all.

import os
import select
import socket
import struct
import sys

COOKIE = 16390


def payload(following, body):
    return struct.pack("!BBH", following, 0, 4 + len(body)) + body


def transform(last, kind, number, bits=0):
    attribute = struct.pack("!HH", 0x800e, bits) if bits else b""
    return struct.pack("!BBHBBH", 0 if last else 3, 0, 8 + len(attribute), kind, 0,
                       number) + attribute


def init(spi, nonce, ke, cookie=b""):
    transforms = (transform(False, 1, 20, 256) + transform(False, 2, 5) +
                  transform(True, 4, 31))
    proposal = struct.pack("!BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, 3) + transforms
    chain = (payload(34, proposal) + payload(40, struct.pack("!HH", 31, 0) + ke) +
             payload(0, nonce))
    first = 33
    if cookie:
        chain = payload(33, struct.pack("!BBH", 0, 0, COOKIE) + cookie) + chain
        first = 41
    return spi + bytes(8) + struct.pack("!BBBBII", first, 0x20, 34, 0x08, 0,
                                        28 + len(chain)) + chain


def cookie_of(answer):
    """The cookie in an answer that has nothing else; None: an SA"""
    if answer[16] != 41:
        return None
    length, = struct.unpack_from("!H", answer, 30)
    kind, = struct.unpack_from("!H", answer, 34)
    return answer[36:28 + length] if kind == COOKIE else None


def ask(sock, hub, message, seconds):
    sock.sendto(message, (hub, 500))
    if not select.select([sock], [], [], seconds)[0]:
        return None
    return sock.recv(4096)


def main(hub, prefix, n, addresses, cookies):
    count = {"cookie": 0, "sa": 0, "none": 0}
    # without cookies everything is answered; with them there comes a time when nothing is
    seconds = 0.1 if cookies else 5
    for i in range(n):
        at = i % addresses
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("%s.%d.%d" % (prefix, at // 250, at % 250 + 1), 500))
            spi, nonce, ke = os.urandom(8), os.urandom(32), os.urandom(32)
            answer = ask(sock, hub, init(spi, nonce, ke), seconds)
            cookie = answer and cookie_of(answer)
            if cookie and cookies:
                count["cookie"] += 1
                answer = ask(sock, hub, init(spi, nonce, ke, cookie), seconds)
                cookie = answer and cookie_of(answer)
            count["none" if not answer else "cookie" if cookie else "sa"] += 1
    print(count["cookie"], count["sa"], count["none"])


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), "cookies" in sys.argv)
