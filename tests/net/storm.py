# SPDX-License-Identifier: MIT
"""Takes things away under load, and checks that traffic comes back; run by storm.sh.

    storm.py NAME ROUNDS

Each round takes one thing of one side.  The load comes from a alone, one process on each
processor, and b answers echo requests, so that both ends send and receive; no process
is in b, so that b can go at once.  SAs are made as by a key daemon: a new SPI each time,
inbound first.
"""
import itertools
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time

from genl import *
from hosts import enter, inside
from wire import checksum

t = Report()
NAME, ROUNDS = sys.argv[1], int(sys.argv[2])
rnd = random.Random(1)
OUTER = {'a': '192.0.2.1', 'b': '192.0.2.2'}
INNER = {'a': '10.0.0.1', 'b': '10.0.0.2'}
OTHER = {'a': 'b', 'b': 'a'}
SPIS = itertools.count(0x1000)
# KASAN of user-mode Linux: one load a boot
RELOADS = (os.environ.get('IPSEC_VM'), os.environ.get('IPSEC_VM_DEBUG')) != ('uml', '1')
SECONDS = 20


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def ip_in(host, *words):
    run('ip', '-n', host, *words)


# ---- load ------------------------------------------------------------------

def echo_request(number):
    head = struct.pack('!BBHHH', 8, 0, 0, os.getpid() & 0xffff, number & 0xffff)
    body = bytes(100)
    return head[:2] + struct.pack('!H', checksum(head + body)) + head[4:] + body


def load(cpu):
    """Never ends; an error is what is to be expected here."""
    for side in sides.values():
        side.genl.close()       # a socket keeps its namespace
    enter('a')
    os.sched_setaffinity(0, {cpu})
    os.nice(5)
    echo = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    echo.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    big = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    big.setsockopt(socket.IPPROTO_UDP, 103, 1200)      # UDP_SEGMENT
    for number in itertools.count():
        for sock, data in ((echo, echo_request(number)), (big, bytes(20000))):
            try:
                sock.sendto(data, (INNER['b'], 9))
            except OSError:
                time.sleep(0.001)
        if number % 16 == 0:
            time.sleep(0.001)


def start_load():
    children = []
    for cpu in sorted(os.sched_getaffinity(0)):
        child = os.fork()
        if not child:
            load(cpu)
        children.append(child)
    return children


# ---- what there is ---------------------------------------------------------

class Side:
    """One end: its namespace's netlink socket, and how each of its parts is made."""
    def __init__(self, host):
        self.host, self.peer = host, peer_name(OTHER[host])
        self.inbound = None     # the SPI of its only SA in
        self.open()

    def open(self):
        with inside(self.host):
            self.genl = Genl()

    def must(self, cmd, *parts):
        must(self.genl.do(cmd, *parts))

    def new_peer(self):
        self.must(CMD.PEER_NEW, dev(), peer(OTHER[self.host], OUTER[OTHER[self.host]], OUTER[self.host]))
        self.inbound = None

    def new_dev(self):
        ip_in(self.host, 'link', 'add', 'ipsec0', 'type', 'ipsec')
        self.new_peer()
        ip_in(self.host, 'addr', 'add', INNER[self.host] + '/24', 'dev', 'ipsec0')
        ip_in(self.host, 'link', 'set', 'ipsec0', 'up')


sides = {}


def connect(*hosts):
    """New SAs for what these hosts send."""
    for host in hosts:
        side, other, spi = sides[host], sides[OTHER[host]], next(SPIS)
        other.must(CMD.SA_NEW, dev(), other.peer, sa(IN, spi))
        side.must(CMD.SA_REPLACE, dev(), side.peer, sa(OUT, spi))
        if other.inbound:
            other.must(CMD.SA_DEL, dev(), other.peer, sa_id(IN, other.inbound))
        other.inbound, side.outbound = spi, spi


def new_wire():
    run('ip', 'link', 'add', 'wan', 'netns', 'a', 'type', 'veth', 'peer', 'name', 'wan', 'netns', 'b')
    for host in 'ab':
        ip_in(host, 'addr', 'add', OUTER[host] + '/24', 'dev', 'wan')
        ip_in(host, 'link', 'set', 'wan', 'up')


# ---- what is taken away ----------------------------------------------------

def sa_in(side):
    side.must(CMD.SA_DEL, dev(), side.peer, sa_id(IN, side.inbound))
    side.inbound = None
    connect(OTHER[side.host])


def sa_out(side):
    side.must(CMD.SA_DEL, dev(), side.peer, sa_id(OUT, side.outbound))
    connect(side.host)


def replace(side):
    connect(*side.host * 10)


def flush_sas(side):
    side.must(CMD.FLUSH, dev(), u32(A.FLUSH, K['IFIPSEC_FLUSH_SAS']))
    side.inbound = None
    connect('a', 'b')


def one_peer(side):
    side.must(CMD.PEER_DEL, dev(), side.peer)
    side.new_peer()
    connect('a', 'b')


def selectors(side):
    for prefixes in (['10.9.0.0/16'], ['0.0.0.0/0', '::/0']):
        side.must(CMD.PEER_SET, dev(), peer(OTHER[side.host], OUTER[OTHER[side.host]], None, prefixes))


def down(side):
    for state in ('down', 'up'):
        ip_in(side.host, 'link', 'set', 'ipsec0', state)


def underlay(side):
    for state in ('down', 'up'):
        ip_in(side.host, 'link', 'set', 'wan', state)


def device(side):
    ip_in(side.host, 'link', 'del', 'ipsec0')
    side.new_dev()
    connect('a', 'b')


def namespace(_):
    side = sides['b']
    side.genl.close()
    run('ip', 'netns', 'del', 'b')
    wait_until(lambda: subprocess.call(['ip', '-n', 'a', 'link', 'show', 'wan'], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL))
    run('ip', 'netns', 'add', 'b')
    ip_in('b', 'link', 'set', 'lo', 'up')
    new_wire()
    side.open()
    side.new_dev()
    connect('a', 'b')


def module(_):
    for side in sides.values():
        side.genl.close()
    with open('/sys/module/ipsec/parameters/spread_busy') as f:
        busy = f.read().strip()
    run('rmmod', 'ipsec')
    run('modprobe', 'ipsec', 'spread_busy=' + busy)
    for side in sides.values():
        side.open()
        side.new_dev()
    connect('a', 'b')


TAKEN = [sa_in, sa_out, replace, flush_sas, one_peer, selectors, down, underlay, device, namespace]
if RELOADS:
    TAKEN.append(module)


def wait_until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def answers():
    return subprocess.call(['ip', 'netns', 'exec', 'a', 'ping', '-q', '-n', '-c', '1', '-W', '1', INNER['b']],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def main():
    sides.update({host: Side(host) for host in 'ab'})
    for side in sides.values():
        side.new_dev()
    connect('a', 'b')
    children = start_load()
    done, failed = {}, []
    try:
        for number in range(ROUNDS):
            what, side = TAKEN[number % len(TAKEN)], sides[rnd.choice('ab')]
            what(side)
            done[what.__name__] = done.get(what.__name__, 0) + 1
            if not wait_until(answers):
                failed.append((number, what.__name__, side.host))
                break
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    print('# %s: %s' % (NAME, ', '.join('%s %d' % pair for pair in done.items())), flush=True)
    t.ok('T31 %s: %d things taken away under load, and traffic came back each time' % (NAME, ROUNDS),
         not failed and sum(done.values()) == ROUNDS, failed)
    for host in 'ab':
        sides[host].genl.close()
        ip_in(host, 'link', 'del', 'ipsec0')
    sys.exit(t.failed > 0)


main()
