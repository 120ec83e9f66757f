#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# ike_pki.py DIR: authorities, certificates and revocation lists for the scenarios of
# ike_certs.sh and ike_hub.sh, as PEM files NAME.pem and NAME.key in DIR.  DIR/cas and
# DIR/lists are directories of them in DER, with what an editor left there.

import datetime
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.utcnow()
DAY = datetime.timedelta(days=1)

MAKE_KEY = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


class Entity:
    """A certificate, its key, and those above it that are no roots"""

    def __init__(self, name, kind, issuer=None, authority=False, san=None,
                 before=NOW - DAY, after=NOW + 30 * DAY, bulk=0):
        self.name, self.issuer = name, issuer
        self.key = MAKE_KEY[kind]()
        self.subject = x509.Name([
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer = issuer or self
        make = (x509.CertificateBuilder().subject_name(self.subject)
                .issuer_name(signer.subject).public_key(self.key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(before).not_valid_after(after)
                .add_extension(x509.BasicConstraints(authority, None), True)
                .add_extension(self.usage(authority), True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(
                    self.key.public_key()), False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    signer.key.public_key()), False))
        names = [x509.DNSName(san or name)] if not authority else []
        names += [x509.DNSName("%s-%d.bulk.example.org" % (name, i)) for i in range(bulk)]
        if names:
            make = make.add_extension(x509.SubjectAlternativeName(names), False)
        self.cert = make.sign(signer.key, self.hash(signer.key))

    @staticmethod
    def hash(key):
        return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()

    @staticmethod
    def usage(authority):
        return x509.KeyUsage(
            digital_signature=not authority, key_cert_sign=authority,
            crl_sign=authority, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False)

    def chain(self):
        out, e = [self], self.issuer
        while e and e.issuer:
            out.append(e)
            e = e.issuer
        return out

    def write(self, directory):
        base = os.path.join(directory, self.name)
        with open(base + ".pem", "wb") as f:
            for e in self.chain():
                f.write(e.cert.public_bytes(serialization.Encoding.PEM))
        with os.fdopen(os.open(base + ".key", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
            f.write(self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption()))

    def revocations(self, path, revoked, after=NOW + 30 * DAY):
        make = (x509.CertificateRevocationListBuilder().issuer_name(self.subject)
                .last_update(NOW - DAY).next_update(after)
                .add_extension(x509.CRLNumber(1), False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self.key.public_key()), False))
        for e in revoked:
            make = make.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(e.cert.serial_number)
                .revocation_date(NOW - DAY).build())
        crl = make.sign(self.key, self.hash(self.key))
        with open(path, "wb") as f:
            f.write(crl.public_bytes(serialization.Encoding.PEM))
        return crl


def directory_with(path, der, leftovers):
    """This file in DER, and others whose names end in "pem~" """
    directory = os.path.dirname(path)
    os.makedirs(directory, exist_ok=True)
    with open(path, "wb") as f:
        f.write(der.public_bytes(serialization.Encoding.DER))
    for stem, content in leftovers.items():
        with open(os.path.join(directory, stem + ".pem~"), "wb") as f:
            f.write(content)


def main(directory):
    os.makedirs(directory, exist_ok=True)
    made = []

    def entity(name, kind, issuer=None, **more):
        made.append(Entity(name, kind, issuer, **more))
        return made[-1]

    def path(name):
        return os.path.join(directory, name)

    ca = entity("ca", "p256", authority=True)
    other = entity("other-ca", "p256", authority=True)
    for side in "a", "b":
        def name(what):
            return "%s-%s.example.org" % (side, what)
        for kind in MAKE_KEY:
            entity(name(kind), kind, ca)
        entity(name("pss"), "rsa", ca)
        sub = entity("sub-" + side, "p384", ca, authority=True)
        entity(name("chain"), "p256", sub)
        for i in range(1, 6):
            sub = entity("deep%d-%s" % (i, side), "rsa", ca if i == 1 else sub,
                         authority=True)
        entity(name("long"), "rsa", sub, bulk=60)
        entity(name("expired"), "p256", ca, before=NOW - 3 * DAY, after=NOW - DAY)
        entity(name("early"), "p256", ca, before=NOW + 3 * DAY)
        entity(name("other"), "p256", other)
        entity(name("named"), "p256", ca, san="somebody.else.example.org")
        entity(name("revoked"), "p256", ca)
    for i in range(1, 6):
        entity("spoke%d.example.org" % i, "p256", ca)
    entity("hub.example.org", "p256", ca)
    for e in made:
        e.write(directory)
    crl = ca.revocations(path("ca.crl"), [e for e in made if "revoked" in e.name])
    garbage = b"-----BEGIN CERTIFICATE-----\n" + os.urandom(3000)
    # whoever joins all files begins with those that do not count
    directory_with(path("cas/root.der"), ca.cert, {
        "ca": other.cert.public_bytes(serialization.Encoding.PEM), "old": garbage})
    directory_with(path("lists/root.crl"), crl, {"old": garbage})


main(sys.argv[1])
