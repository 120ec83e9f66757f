#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check_signatures.py DIR: what auth_test signed, verified by another implementation."""
import glob
import os
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

DIR = sys.argv[1]
OCTETS = 3000 + 32 + 32         # message, nonce, MAC of the ID
HASHES = {'sha256': hashes.SHA256(), 'sha384': hashes.SHA384(),
          'sha512': hashes.SHA512(), 'p256': hashes.SHA256(), 'p384': hashes.SHA384(),
          'p521': hashes.SHA512()}


def verify(key, words, method, octets, signature):
    if words[0] == 'ed25519':
        key.verify(signature, octets)
        return
    digest = HASHES[words[-1]]
    if words[0].startswith('rsa'):
        pad = padding.PKCS1v15()
        if 'pss' in words:
            pad = padding.PSS(padding.MGF1(digest), digest.digest_size)
        key.verify(signature, octets, pad, digest)
        return
    if method != 14:
        half = len(signature) // 2
        signature = utils.encode_dss_signature(int.from_bytes(signature[:half], 'big'),
                                               int.from_bytes(signature[half:], 'big'))
    key.verify(signature, octets, ec.ECDSA(digest))


def main():
    bad = 0
    files = sorted(glob.glob(os.path.join(DIR, '*.auth')))
    for path in files:
        label, method, _ = os.path.basename(path).rsplit('.', 2)
        words = label.split()[1:] if label.startswith('B') else label.split()[2:]
        with open(path, 'rb') as file:
            data = file.read()
        with open(os.path.join(DIR, words[0] + '.pem'), 'rb') as file:
            key = x509.load_pem_x509_certificate(file.read()).public_key()
        signature = data[OCTETS:]
        if method == '14':
            signature = signature[1 + signature[0]:]
        try:
            verify(key, words, int(method), data[:OCTETS], signature)
            print('ok - %s, method %s: another implementation verifies it' % (label, method))
        except InvalidSignature:
            print('not ok - %s, method %s: another implementation refuses it' % (label, method))
            bad += 1
    if len(files) != 15:
        print('not ok - signatures: %d files, not 15' % len(files))
        bad += 1
    return bad != 0


sys.exit(main())
