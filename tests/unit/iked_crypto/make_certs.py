#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make_certs.py DIR: keys, certificates and revocation lists for auth_test and cert_test.

Another implementation makes them, so that the daemon's is not asked about itself.
NAME.pem is a certificate, NAME.key its private key, NAME.der the certificate in DER.
"""
import datetime
import ipaddress
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DIR = sys.argv[1]
NOW = datetime.datetime(2026, 1, 1)
YEAR = datetime.timedelta(days=365)
IPSEC_IKE = x509.ObjectIdentifier('1.3.6.1.5.5.7.3.17')
ANY_USE = x509.ObjectIdentifier('2.5.29.37.0')
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER


def write(name, data, mode=0o644):
    path = os.path.join(DIR, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), 'wb') as file:
        file.write(data)


def write_key(name, key, encryption=serialization.NoEncryption()):
    write(name, key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption), 0o600)


def name_of(common):
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, 'CH'),
                      x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'Example, Inc.'),
                      x509.NameAttribute(NameOID.COMMON_NAME, common)])


def digest_for(key):
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def usage(**yes):
    every = ['digital_signature', 'content_commitment', 'key_encipherment', 'data_encipherment',
             'key_agreement', 'key_cert_sign', 'crl_sign', 'encipher_only', 'decipher_only']
    return x509.KeyUsage(**{name: yes.get(name, False) for name in every})


class Party:
    """A key with its certificate; authorities sign others."""

    def __init__(self, name, key, issuer=None, ca=False, path=None, sans=(), extensions=(),
                 start=NOW - YEAR, end=NOW + 20 * YEAR, digest=None, subject=None):
        self.name, self.key = name, key
        self.subject = subject or name_of(name)
        issuer = issuer or self
        builder = (x509.CertificateBuilder().subject_name(self.subject).issuer_name(issuer.subject)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(start).not_valid_after(end))
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(True, path), True)
            builder = builder.add_extension(usage(key_cert_sign=True, crl_sign=True), True)
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(sans), False)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        self.cert = builder.sign(issuer.key, digest or digest_for(issuer.key))
        write(name + '.pem', self.cert.public_bytes(PEM))
        write(name + '.der', self.cert.public_bytes(DER))
        write_key(name + '.key', key)

    def revoke(self, file, certs, start=NOW - YEAR, end=NOW + 20 * YEAR, key=None):
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self.subject)
                   .last_update(start).next_update(end))
        for cert in certs:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(cert.serial_number)
                .revocation_date(NOW - YEAR).build())
        key = key or self.key
        write(file, builder.sign(key, digest_for(key)).public_bytes(PEM))


def p256():
    return ec.generate_private_key(ec.SECP256R1())


def dns(*names):
    return [x509.DNSName(name) for name in names]


def raw_san(der):
    """A subjectAltName as bytes: what the library would not write."""
    return [(x509.UnrecognizedExtension(x509.ObjectIdentifier('2.5.29.17'), der), False)]


def leaves(ca):
    """One certificate for each kind of key"""
    Party('rsa2048', rsa.generate_private_key(65537, 2048), ca, sans=dns('rsa.example.org'))
    Party('rsa3072', rsa.generate_private_key(65537, 3072), ca, sans=dns('rsa.example.org'))
    Party('p256', p256(), ca, sans=dns('ec.example.org'))
    Party('p384', ec.generate_private_key(ec.SECP384R1()), ca, sans=dns('ec.example.org'))
    Party('p521', ec.generate_private_key(ec.SECP521R1()), ca, sans=dns('ec.example.org'))
    Party('ed25519', ed25519.Ed25519PrivateKey.generate(), ca, sans=dns('ed.example.org'))


def uses(ca):
    """extendedKeyUsage and keyUsage"""
    sans = dns('gw.example.org')
    for name, oid in [('eku_server', ExtendedKeyUsageOID.SERVER_AUTH),
                      ('eku_client', ExtendedKeyUsageOID.CLIENT_AUTH),
                      ('eku_ike', IPSEC_IKE), ('eku_any', ANY_USE),
                      ('eku_code', ExtendedKeyUsageOID.CODE_SIGNING)]:
        Party(name, p256(), ca, sans=sans, extensions=[(x509.ExtendedKeyUsage([oid]), True)])
    for name, yes in [('ku_sign', 'digital_signature'), ('ku_repudiate', 'content_commitment'),
                      ('ku_encipher', 'key_encipherment')]:
        Party(name, p256(), ca, sans=sans, extensions=[(usage(**{yes: True}), True)])
    Party('critical', p256(), ca, sans=sans, extensions=[
        (x509.UnrecognizedExtension(x509.ObjectIdentifier('1.2.3.4.5'), b'\x05\x00'), True)])


def names(ca):
    Party('names', p256(), ca, sans=[
        x509.DNSName('gw.example.org'), x509.DNSName('*.wild.example.org'),
        x509.RFC822Name('user@example.org'),
        x509.IPAddress(ipaddress.ip_address('192.0.2.1')),
        x509.IPAddress(ipaddress.ip_address('2001:db8::1')),
        x509.UniformResourceIdentifier('https://uri.example.org')])
    Party('no_names', p256(), ca)
    gw = b'gw.example.org\x00.evil.org'
    Party('nul', p256(), ca, extensions=raw_san(
        bytes([0x30, 2 + len(gw), 0x82, len(gw)]) + gw))
    good = b'gw.example.org'
    inner = bytes([0x82, len(good)]) + good + bytes([0x82, len(gw)]) + gw
    Party('nul_second', p256(), ca, extensions=raw_san(bytes([0x30, len(inner)]) + inner))
    Party('san_garbage', p256(), ca, extensions=raw_san(b'\x30\x05\x82\x10abc'))
    long_name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, 'a' * 60)] * 500)
    Party('huge_name', p256(), ca, sans=dns('gw.example.org'), subject=long_name)


def refused(ca):
    sans = dns('gw.example.org')
    Party('expired', p256(), ca, sans=sans, start=NOW - 3 * YEAR, end=NOW - YEAR)
    Party('future', p256(), ca, sans=sans, start=NOW + 5 * YEAR)
    Party('self_signed', p256(), sans=sans)
    other = Party('other_ca', p256(), ca=True)
    Party('of_other', p256(), other, sans=sans)
    Party('of_leaf', p256(), Party('leaf', p256(), ca, sans=sans), sans=sans)
    Party('rsa1024', rsa.generate_private_key(65537, 1024), ca, sans=sans)
    Party('dsa', dsa.generate_private_key(2048), ca, sans=sans)
    Party('k1', ec.generate_private_key(ec.SECP256K1()), ca, sans=sans)
    impostor = Party('impostor', p256(), ca=True, subject=ca.subject)
    Party('of_impostor', p256(), impostor, sans=sans)


def chains(ca):
    sans = dns('gw.example.org')
    middle = Party('middle', p256(), ca, ca=True)
    gw = Party('gw', p256(), middle, sans=sans)
    write('gw_chain.pem', gw.cert.public_bytes(PEM) + middle.cert.public_bytes(PEM))
    old = Party('old_middle', p256(), ca, ca=True, start=NOW - 3 * YEAR, end=NOW - YEAR)
    Party('of_old_middle', p256(), old, sans=sans)
    narrow = Party('narrow', p256(), ca, ca=True, path=0)
    below = Party('below_narrow', p256(), narrow, ca=True)
    Party('of_below_narrow', p256(), below, sans=sans)
    small = Party('small_middle', rsa.generate_private_key(65537, 1024), ca, ca=True)
    Party('of_small_middle', p256(), small, sans=sans)
    constrained = Party('constrained', p256(), ca, ca=True, extensions=[
        (x509.NameConstraints([x509.DNSName('example.com')], None), True)])
    Party('of_constrained', p256(), constrained, sans=sans)
    issuer = ca
    for depth in range(1, 13):
        issuer = Party('deep%d' % depth, p256(), issuer, ca=True)
        if depth in (6, 12):
            Party('of_deep%d' % depth, p256(), issuer, sans=sans)
    # two authorities that signed each other
    one, two = p256(), p256()
    loop = Party('loop_one', one, ca=True)
    Party('loop_two', two, loop, ca=True)
    again = Party('loop_two_self', two, ca=True, subject=name_of('loop_two'))
    Party('loop_one_by_two', one, again, ca=True, subject=name_of('loop_one'))
    Party('of_loop', p256(), again, sans=sans)
    return middle


def lists(ca, other):
    sans = dns('gw.example.org')
    fine = Party('fine', p256(), ca, sans=sans)
    revoked = Party('revoked', p256(), ca, sans=sans)
    middle = Party('revoked_middle', p256(), ca, ca=True)
    Party('of_revoked_middle', p256(), middle, sans=sans)
    gone = [revoked.cert, middle.cert]
    ca.revoke('ca.crl', gone)
    ca.revoke('ca_old.crl', gone, start=NOW - 3 * YEAR, end=NOW - YEAR)
    ca.revoke('ca_forged.crl', [fine.cert], key=p256())
    other.revoke('middle.crl', [])
    write('garbage.crl', b'-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n')


def keys(ca):
    key = p256()
    write_key('locked.key', key, serialization.BestAvailableEncryption(b'secret'))
    write_key('open.key', key)
    os.chmod(os.path.join(DIR, 'open.key'), 0o640)
    write('p256_der.key', serialization.load_pem_private_key(
        open(os.path.join(DIR, 'p256.key'), 'rb').read(), None).private_bytes(
            DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()), 0o600)
    write('garbage.pem', b'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
    write('empty.pem', b'')
    many = open(os.path.join(DIR, 'fine.pem'), 'rb').read()
    write('many.pem', many * 9)
    os.mkdir(os.path.join(DIR, 'cas'))
    write('cas/one.pem', ca.cert.public_bytes(PEM))
    write('cas/two.crt', open(os.path.join(DIR, 'other_ca.der'), 'rb').read())
    write('cas/README', b'not a certificate')
    os.mkdir(os.path.join(DIR, 'none'))


def main():
    ca = Party('ca', p256(), ca=True)
    leaves(ca)
    uses(ca)
    names(ca)
    refused(ca)
    lists(ca, chains(ca))
    keys(ca)


main()
