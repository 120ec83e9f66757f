#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""udp_count.py - numbered datagrams to a peer, at a steady rate, and exact counts.

udp_count.py LOCAL PEER PORT RATE DIR

Sends datagram after datagram, RATE a second, from when there is a file DIR/start until there
is DIR/stop; then says how many there were until the peer, which does the same, has said so too.  Prints
"sent N refused N received N lost N doubled N", and in the next line which numbers were lost.
Those that the kernel refuses to the sender are sent again.
"""
import os
import select
import socket
import struct
import sys
import time

SO_RCVBUFFORCE = 33  # Python does not know it
PATIENCE = 20  # seconds until the peer's count must have come
END = 1 << 63


class Counter:
    def __init__(self, local, peer, port, rate, directory):
        family = socket.AF_INET6 if ":" in local else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        self.sock.bind((local, port))
        self.sock.setblocking(False)
        self.peer = (peer, port)
        self.gap = 1 / rate
        self.directory = directory
        self.sent = self.refused = self.doubled = 0
        self.total = None
        self.seen = set()

    def send(self, number):
        payload = struct.pack("!Q", number).ljust(100, b"\0")
        try:
            self.sock.sendto(payload, self.peer)
        except OSError:
            self.refused += 1
            return False
        return True

    def receive(self):
        while True:
            try:
                number = struct.unpack("!Q", self.sock.recv(2048)[:8])[0]
            except BlockingIOError:
                return
            if number & END:
                self.total = number & ~END
            elif number in self.seen:
                self.doubled += 1
            else:
                self.seen.add(number)

    def wait(self, seconds):
        if select.select([self.sock], [], [], max(seconds, 0))[0]:
            self.receive()

    def told(self, what):
        return os.path.exists(os.path.join(self.directory, what))

    def talk(self):
        while not self.told("start"):
            self.wait(0.01)
        due = time.monotonic()
        while not self.told("stop"):
            while due > time.monotonic():
                self.wait(due - time.monotonic())
            if self.send(self.sent):
                self.sent += 1
            # a machine that was held up does not make up for it in a burst
            due = max(due + self.gap, time.monotonic() - 10 * self.gap)

    def say_goodbye(self):
        """The peer may still be talking: until nothing new comes for a second"""
        end = time.monotonic() + PATIENCE
        quiet = None
        while time.monotonic() < end:
            self.send(END | self.sent)
            before = len(self.seen)
            self.wait(0.1)
            self.receive()
            if self.total is None or len(self.seen) != before:
                quiet = None
            elif quiet is None:
                quiet = time.monotonic()
            elif time.monotonic() - quiet > 1:
                return

    def print(self):
        missing = sorted(set(range(self.total or 0)) - self.seen)
        print(f"sent {self.sent} refused {self.refused} received {len(self.seen)} lost {len(missing)} doubled {self.doubled}")
        if self.total is None:
            print("NO END: the peer did not say how many there were")
        if missing:
            print("LOST:", *missing[:20], "of", self.total)


def main():
    local, peer, port, rate, directory = sys.argv[1:]
    counter = Counter(local, peer, int(port), float(rate), directory)
    counter.talk()
    counter.say_goodbye()
    counter.print()


if __name__ == "__main__":
    main()
