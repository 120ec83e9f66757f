# SPDX-License-Identifier: MIT
"""pmtu.py - one forged ICMP error about an ESP packet.

    pmtu.py SPI MTU|unreachable SRC DST [short]
"""
import logging
import struct
import sys

logging.getLogger('scapy.runtime').setLevel(logging.ERROR)
from scapy.all import ICMP, IP, Raw, conf, send  # pylint: disable=wrong-import-position

spi, what, src, dst = int(sys.argv[1], 0), *sys.argv[2:5]
esp = struct.pack('!II', spi, 77)
if sys.argv[5:] == ['short']:
    esp = esp[:2]
inner = IP(src=src, dst=dst, proto=50, flags='DF', len=1400) / Raw(esp)
icmp = ICMP(type=3, code=1) if what == 'unreachable' else ICMP(type=3, code=4, nexthopmtu=int(what))
conf.verb = 0
# to us, whoever the embedded packet claims to be from
send(IP(src='192.0.2.254', dst='192.0.2.1') / icmp / inner)
