// SPDX-License-Identifier: MIT
/*
 * cert_test.c - certificates that prove an identity, and those that do not; ours.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs.h"

#define GW	"gw.example.org"

static struct trust *trust;

/* @names: certificates, separated by spaces, the peer's own first */
static int verify_at(const char *names, const char *id_text, int64_t now, char *error)
{
	struct public_key *key = NULL;
	struct bytes chain[16];
	struct identity id;
	unsigned int n = 0;
	char copy[512], *name, *rest = copy;
	int err;

	snprintf(copy, sizeof(copy), "%s", names);
	while ((name = strsep(&rest, " ")) && n < 16) {
		char file[64];

		snprintf(file, sizeof(file), "%s.der", name);
		chain[n++] = certs_file(file);
	}
	if (identity_parse_text(id_text, &id))
		return -EPROTO;
	error[0] = '\0';
	err = cert_verify(trust, chain, n, &id, now, &key, error);
	if (!err != !!key)
		err = -EPROTO;
	public_key_free(key);
	return err;
}

static void good_at(const char *what, const char *names, const char *id, int64_t now)
{
	char error[AUTH_ERROR_MAX];
	int err = verify_at(names, id, now, error);

	check(!err, what, "%s: %d, %s", names, err, error);
}

static void good(const char *what, const char *names, const char *id)
{
	good_at(what, names, id, CERTS_NOW);
}

/* Refused, with a sentence that has @words in it */
static void bad_at(const char *what, const char *names, const char *id, int64_t now,
		   const char *words)
{
	char error[AUTH_ERROR_MAX];
	int err = verify_at(names, id, now, error);

	check(err == -EACCES && strstr(error, words), what, "%s: %d, %s", names, err, error);
}

static void bad(const char *what, const char *names, const char *id, const char *words)
{
	bad_at(what, names, id, CERTS_NOW, words);
}

static struct trust *trust_of(const char *ca, const char *crl)
{
	char error[AUTH_ERROR_MAX] = "";
	struct trust *t = trust_new();

	check(t && !trust_add_ca(t, certs_path(ca), error), "authority", "%s", error);
	if (crl)
		check(!trust_add_crl(t, certs_path(crl), error), "list", "%s", error);
	return t;
}

static void test_kinds(void)
{
	good("B5.3 RSA 2048", "rsa2048", "rsa.example.org");
	good("B5.3 RSA 3072", "rsa3072", "rsa.example.org");
	good("B5.3 ECDSA P-256", "p256", "ec.example.org");
	good("B5.3 ECDSA P-384", "p384", "ec.example.org");
	good("B5.3 ECDSA P-521", "p521", "ec.example.org");
	good("B5.3 Ed25519", "ed25519", "ed.example.org");
	bad("E4.18 RSA 1024", "rsa1024", GW, "1024 bits");
	bad("E4.18 DSA", "dsa", GW, "RSA, ECDSA or Ed25519");
	bad("E4.18 secp256k1", "k1", GW, "curve");
}

static void test_names(void)
{
	const char *dn = "C=CH, O=Example\\, Inc., CN=names";

	good("B5.3 DNS", "names", GW);
	good("B5.3 DNS has no case", "names", "GW.Example.ORG");
	good("B5.3 mail", "names", "user@example.org");
	good("B5.3 IPv4", "names", "192.0.2.1");
	good("B5.3 IPv6", "names", "2001:db8::1");
	good("B5.3 DN", "names", dn);
	good("B5.3 DN has no case", "names", "C=ch, O=example\\, inc., CN=NAMES");
	bad("B5.3 another DNS", "names", "gw2.example.org", "not that of gw2.example.org");
	bad("B5.3 a parent", "names", "example.org", "not that of");
	bad("B5.3 another IPv4", "names", "192.0.2.2", "not that of 192.0.2.2");
	bad("B5.3 an address as name", "names", "@192.0.2.1", "not that of");
	bad("B5.3 another DN", "names", "C=CH, CN=names", "not that of");
	bad("B5.3 a URI is no name", "names", "uri.example.org", "not that of");
	bad("B5.3 a key ID", "names", "key:" GW, "key ID");
	bad("B5.3 any", "names", "%any", "not that of");
	bad("B5.3 CN is no name", "no_names", "no_names", "not that of");
	bad("E4.19 wildcard", "names", "a.wild.example.org", "not that of");
	bad("E4.19 NUL in a name", "nul", GW, "malformed");
	bad("E4.19 NUL in another name", "nul_second", GW, "malformed");
	bad("E4.19 names are garbage", "san_garbage", GW, "");
	good("E4.19 a subject of 500 parts", "huge_name", GW);
}

/* A wildcard that is claimed as if it were a name */
static void test_wildcard_claimed(void)
{
	struct bytes chain = certs_file("names.der");
	struct ike_id payload = { IKE_ID_FQDN, bytes_of("*.wild.example.org", 18), { NULL, 0 } };
	struct public_key *key = NULL;
	char error[AUTH_ERROR_MAX];
	struct identity id;

	CHECK("E4.19 a wildcard as identity", !identity_of_payload(&payload, &id) &&
	      cert_verify(trust, &chain, 1, &id, CERTS_NOW, &key, error) == -EACCES);
}

static void test_uses(void)
{
	good("B5.3 serverAuth", "eku_server", GW);
	good("B5.3 clientAuth", "eku_client", GW);
	good("B5.3 ipsecIKE", "eku_ike", GW);
	good("B5.3 anyExtendedKeyUsage", "eku_any", GW);
	bad("E4.19 wrong EKU", "eku_code", GW, "extended key usage");
	good("B5.3 digitalSignature", "ku_sign", GW);
	good("B5.3 nonRepudiation", "ku_repudiate", GW);
	bad("E4.19 wrong key usage", "ku_encipher", GW, "key usage");
	bad("E4.19 unknown critical extension", "critical", GW, "critical");
}

static void test_refused(void)
{
	bad("E4.19 expired", "expired", GW, "expired");
	bad("E4.19 not yet valid", "future", GW, "not yet");
	bad_at("E4.19 expired by our clock", "names", GW, CERTS_NOW + 30LL * 365 * 86400,
	       "expired");
	bad("E4.19 self-signed", "self_signed", GW, "self");
	bad("E4.19 of an unknown authority", "of_other", GW, "issuer");
	bad("E4.19 that sends its authority along", "of_other other_ca", GW, "");
	bad("E4.19 signed by no authority", "of_leaf leaf", GW, "");
	bad("E4.19 signed by another of the same name", "of_impostor", GW, "");
	bad("E4.19 with that other sent along", "of_impostor impostor", GW, "");
}

static void test_chains(void)
{
	good("B5.2 intermediate sent along", "gw middle", GW);
	good("B5.2 in any order, with strangers", "gw other_ca self_signed middle", GW);
	bad("B5.2 intermediate missing", "gw", GW, "issuer");
	bad("E4.19 expired intermediate", "of_old_middle old_middle", GW, "expired");
	bad("E4.19 path length", "of_below_narrow below_narrow narrow", GW, "path length");
	bad("E4.18 intermediate of 1024 bits", "of_small_middle small_middle", GW, "");
	bad("E4.19 outside of the constraints", "of_constrained constrained", GW, "permitted");
	good("E4.19 chain of 7", "of_deep6 deep1 deep2 deep3 deep4 deep5 deep6", GW);
	bad("E4.19 chain of 13", "of_deep12 deep12 deep11 deep10 deep9 deep8 deep7 deep6 deep5 deep4 deep3 deep2 deep1",
	    GW, "13 certificates");
	bad("E4.19 of which 8 are sent", "of_deep12 deep12 deep11 deep10 deep9 deep8 deep7 deep6",
	    GW, "");
	bad("E4.19 authorities in a loop", "of_loop loop_one loop_two loop_two_self loop_one_by_two",
	    GW, "");
}

static void test_bytes(void)
{
	static uint8_t huge[1 << 20];
	struct bytes der = certs_file("names.der"), chain[2];
	struct public_key *key = NULL;
	char error[AUTH_ERROR_MAX];
	struct identity id;
	bool all = true;

	identity_parse_text(GW, &id);
	memcpy(huge, der.p, der.len);
	chain[0] = bytes_of(huge, sizeof(huge));
	CHECK("E4.19 1 MB", cert_verify(trust, chain, 1, &id, CERTS_NOW, &key, error) == -EACCES);
	chain[0] = bytes_of(huge, der.len + 1);
	CHECK("E4.19 something behind",
	      cert_verify(trust, chain, 1, &id, CERTS_NOW, &key, error) == -EACCES);
	CHECK("E4.19 none", cert_verify(trust, chain, 0, &id, CERTS_NOW, &key, error) == -EACCES);
	chain[0] = bytes_of(NULL, 0);
	CHECK("E4.19 empty", cert_verify(trust, chain, 1, &id, CERTS_NOW, &key, error) == -EACCES);
	for (size_t len = 1; len < der.len; len++) {
		chain[0] = bytes_of(der.p, len);
		all = all && cert_verify(trust, chain, 1, &id, CERTS_NOW, &key, error) == -EACCES;
	}
	CHECK("E4.19 cut anywhere", all);
	for (size_t i = 0; i < der.len; i++) {
		huge[i] ^= 0x10;
		chain[0] = bytes_of(huge, der.len);
		all = all && cert_verify(trust, chain, 1, &id, CERTS_NOW, &key, error) == -EACCES;
		huge[i] ^= 0x10;
	}
	CHECK("E4.19 changed anywhere", all);
	chain[0] = der;
	chain[1] = bytes_of(huge, 100);
	CHECK("E4.19 a broken helper is no harm",
	      !cert_verify(trust, chain, 2, &id, CERTS_NOW, &key, error));
	public_key_free(key);
}

static void test_lists(void)
{
	struct trust *plain = trust;

	good("B5 without a list a revoked one is good", "revoked", GW);
	trust_require_crl(trust, true);
	bad("B5 a list is required", "names", GW, "CRL");
	trust_require_crl(trust, false);

	trust = trust_of("ca.pem", "ca.crl");
	good("B5 not on the list", "fine", GW);
	bad("E4.19 revoked", "revoked", GW, "revoked");
	bad("E4.19 revoked intermediate", "of_revoked_middle revoked_middle", GW, "revoked");
	good("B5 an intermediate without a list", "gw middle", GW);
	trust_require_crl(trust, true);
	good("B5 required and there", "fine", GW);
	bad("B5 required of each authority", "gw middle", GW, "CRL");
	CHECK("B5 one more list", !trust_add_crl(trust, certs_path("middle.crl"),
						 (char[AUTH_ERROR_MAX]){ "" }));
	good("B5 required and there for both", "gw middle", GW);
	trust_free(trust);

	trust = trust_of("ca.pem", "ca_old.crl");
	good("B5 an old list is better than none", "fine", GW);
	bad("E4.19 revoked by an old list", "revoked", GW, "revoked");
	trust_require_crl(trust, true);
	bad("B5 not where one is required", "fine", GW, "CRL");
	trust_free(trust);

	trust = trust_of("ca.pem", "ca_forged.crl");
	bad("E4.19 a forged list", "fine", GW, "CRL");
	trust_free(trust);
	trust = plain;
}

static void test_files(void)
{
	char error[AUTH_ERROR_MAX] = "";
	struct trust *t = trust_new();
	struct blob hashes = { NULL, 0 };

	CHECK("no such file", trust_add_ca(t, certs_path("nowhere.pem"), error) == -ENOENT &&
	      strstr(error, "nowhere.pem"));
	CHECK("garbage", trust_add_ca(t, certs_path("garbage.pem"), error) == -EINVAL &&
	      strstr(error, "no certificate"));
	CHECK("empty", trust_add_ca(t, certs_path("empty.pem"), error) == -EINVAL);
	CHECK("no authority", trust_add_ca(t, certs_path("gw.pem"), error) == -EINVAL &&
	      strstr(error, "CA:TRUE"));
	CHECK("a list is no authority", trust_add_ca(t, certs_path("ca.crl"), error) == -EINVAL);
	CHECK("garbage as list", trust_add_crl(t, certs_path("garbage.crl"), error) == -EINVAL);
	CHECK("B5.2 no hashes", !trust_key_hashes(t, &hashes) && !hashes.len);
	CHECK("an empty directory", !trust_add_ca(t, certs_path("none"), error));
	CHECK("a directory", !trust_add_ca(t, certs_path("cas"), error));
	CHECK("B5.2 two hashes", !trust_key_hashes(t, &hashes) && hashes.len == 2 * SHA1_LEN);
	blob_free(&hashes);
	trust_free(t);
}

static int load(const char *cert, const char *key, struct credentials *creds, char *error)
{
	memset(creds, 0, sizeof(*creds));
	error[0] = '\0';
	return credentials_load(creds, certs_path(cert), certs_path(key), error);
}

static void test_credentials(void)
{
	char error[AUTH_ERROR_MAX], buf[IDENTITY_TEXT_MAX];
	struct credentials creds;
	struct identity id;

	CHECK("credentials", !load("gw_chain.pem", "gw.key", &creds, error) && creds.n == 2 &&
	      bytes_equal(blob_view(&creds.chain[0]), certs_file("gw.der")) &&
	      bytes_equal(blob_view(&creds.chain[1]), certs_file("middle.der")));
	CHECK("B5.3 our subject", !credentials_identity(&creds, &id));
	check_text("B5.3 our subject", identity_text(&id, buf), "C=CH, O=Example\\, Inc., CN=gw");
	credentials_free(&creds);
	CHECK("credentials are wiped", !creds.n && !creds.key && !creds.chain[0].p);
	credentials_free(&creds);
	CHECK("credentials in DER", !load("p256.der", "p256_der.key", &creds, error));
	credentials_free(&creds);
	CHECK("E4.40 a key that the group reads",
	      load("p256.pem", "open.key", &creds, error) == -EPERM && strstr(error, "chmod 600"));
	CHECK("another's key", load("p256.pem", "p384.key", &creds, error) == -EINVAL &&
	      strstr(error, "not that of"));
	CHECK("a key with a password", load("p256.pem", "locked.key", &creds, error) == -EINVAL &&
	      strstr(error, "without a password"));
	CHECK("no key", load("p256.pem", "nowhere.key", &creds, error) == -ENOENT);
	CHECK("a directory as key", load("p256.pem", "cas", &creds, error) < 0);
	CHECK("no certificate", load("garbage.pem", "p256.key", &creds, error) == -EINVAL);
	CHECK("too many certificates", load("many.pem", "fine.key", &creds, error) == -EINVAL &&
	      strstr(error, "more than 8"));
	CHECK("E4.18 our own key is too short",
	      load("rsa1024.pem", "rsa1024.key", &creds, error) == -EINVAL &&
	      strstr(error, "1024 bits"));
	CHECK("nothing is left", !creds.n && !creds.key);
	CHECK("B5.3 no certificate, no subject", credentials_identity(&creds, &id) == -EINVAL);
}

int main(void)
{
	trust = trust_of("ca.pem", NULL);
	test_kinds();
	test_names();
	test_wildcard_claimed();
	test_uses();
	test_refused();
	test_chains();
	test_bytes();
	test_lists();
	test_files();
	test_credentials();
	trust_free(trust);
	trust_free(NULL);
	return check_status();
}
