#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""raw_esp.py ADDRESS SPI NUMBER: send NUMBER packets to ADDRESS that look like ESP: SPI,
sequence numbers 1, 2, ..., and 72 bytes that no key fits."""
import socket
import struct
import sys

address, spi, number = sys.argv[1], int(sys.argv[2], 0), int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ESP) as s:
    for seq in range(1, number + 1):
        s.sendto(struct.pack("!II", spi, seq) + bytes(72), (address, 0))
