// SPDX-License-Identifier: MIT
/*
 * auth_test.c - AUTH with keys and pre-shared keys.  What is signed here is written to
 * $IKED_CERTS for check_signatures.py, which asks another implementation.
 */
#include <errno.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <linux/if_ipsec.h>

#include "../../../tools/iked/auth_method.h"
#include "../../../tools/iked/pkey.h"
#include "certs.h"

#define SHA2	(1U << IKE_HASH_SHA2_256 | 1U << IKE_HASH_SHA2_384 | 1U << IKE_HASH_SHA2_512)
#define ALL	(SHA2 | 1U << IKE_HASH_IDENTITY)

static struct ike_keys keys;
static struct auth_octets octets;
static uint8_t message[3000];

static void setup(void)
{
	struct chosen c = { .encr = IFIPSEC_ENCR_AES_GCM_16, .encr_key_bits = 128,
			    .prf = IKE_PRF_HMAC_SHA2_256, .group = IKE_GROUP_X25519 };
	static const uint8_t nonce[32] = { 1, 2, 3 };
	static const uint8_t id_body[] = { 2, 0, 0, 0, 'g', 'w' };

	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = i * 3;
	octets = (struct auth_octets){ BYTES(message), BYTES(nonce), BYTES(id_body) };
	CHECK("keys", !ike_keys_derive(&c, NULL, BYTES(nonce), BYTES(nonce), BYTES(nonce),
				       1, 2, &keys));
}

static void load(struct credentials *creds, const char *name)
{
	char error[AUTH_ERROR_MAX] = "", cert[64], key[64];

	snprintf(cert, sizeof(cert), "%s.pem", name);
	snprintf(key, sizeof(key), "%s.key", name);
	check(!credentials_load(creds, certs_path(cert), certs_path(key), error),
	      "credentials", "%s", error);
}

static const struct public_key *public_of(const struct credentials *creds)
{
	return &creds->key->public;
}

static int verify(const struct public_key *key, uint8_t method, struct bytes data)
{
	char error[AUTH_ERROR_MAX] = "";
	int err = auth_verify(&keys, true, key, method, data, &octets, error);

	return err && !error[0] ? -EPROTO : err;
}

/* octets and signature, for the other implementation */
static void save(const char *name, uint8_t method, struct bytes data)
{
	char file[128];
	uint8_t id_mac[PRF_MAX];
	FILE *out;

	snprintf(file, sizeof(file), "%s.%u.auth", name, method);
	prf(keys.prf, bytes_of(keys.pi, keys.p_len), &octets.id_body, 1, id_mac);
	out = fopen(certs_path(file), "wb");
	if (!out)
		return;
	fwrite(octets.message.p, 1, octets.message.len, out);
	fwrite(octets.nonce.p, 1, octets.nonce.len, out);
	fwrite(id_mac, 1, 32, out);
	fwrite(data.p, 1, data.len, out);
	fclose(out);
}

/* Signed, verified; not with one bit changed, another side, nonce, message or ID */
static void check_sign(const char *label, const char *name, uint32_t hashes, bool pss,
		       uint8_t want_method, const char *want_algorithm)
{
	struct credentials creds;
	struct blob data = { NULL, 0 };
	char error[AUTH_ERROR_MAX] = "";
	uint8_t method = 0;
	bool refused = true;
	struct bytes der;
	int err;

	load(&creds, name);
	err = auth_sign(&keys, true, creds.key, hashes, pss, &octets, &method, &data, error);
	check(!err && method == want_method, label, "method %u: %s", method, error);
	if (err)
		goto out;
	save(label, method, blob_view(&data));
	if (want_algorithm) {
		der = bytes_of(data.p + 1, data.p[0]);
		check_bytes(label, der, want_algorithm);
	}
	check(!verify(public_of(&creds), method, blob_view(&data)), label, "verified");
	for (size_t i = 0; i < data.len; i++) {
		data.p[i] ^= 1;
		refused = refused &&
			  verify(public_of(&creds), method, blob_view(&data)) == -EACCES;
		data.p[i] ^= 1;
	}
	check(refused, "E4.18 a signature with a byte changed", "%s", label);
	message[100] ^= 1;
	refused = verify(public_of(&creds), method, blob_view(&data)) == -EACCES;
	message[100] ^= 1;
	octets.nonce.len--;
	refused = refused && verify(public_of(&creds), method, blob_view(&data)) == -EACCES;
	octets.nonce.len++;
	octets.id_body.len--;
	refused = refused && verify(public_of(&creds), method, blob_view(&data)) == -EACCES;
	octets.id_body.len++;
	refused = refused && auth_verify(&keys, false, public_of(&creds), method,
					 blob_view(&data), &octets, error) == -EACCES;
	check(refused, "B4.3 a signature of something else", "%s", label);
	for (size_t len = 0; len < data.len; len++)
		refused = refused && verify(public_of(&creds), method,
					    bytes_of(data.p, len)) == -EACCES;
	check(refused, "B4.5 a signature cut anywhere", "%s", label);
out:
	blob_free(&data);
	credentials_free(&creds);
}

static const char rsa256[] = "300d06092a864886f70d01010b0500";
static const char pss256[] = "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120";
static const char pss512[] = "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d010108300d06096086480165030402030500a203020140";

static void test_sign(void)
{
	check_sign("B4.4 rsa2048 sha256", "rsa2048", ALL, false, 14, rsa256);
	check_sign("B4.4 rsa3072 sha384", "rsa3072", 1U << IKE_HASH_SHA2_384, false, 14,
		   "300d06092a864886f70d01010c0500");
	check_sign("B4.4 rsa2048 sha512", "rsa2048", 1U << IKE_HASH_SHA2_512, false, 14,
		   "300d06092a864886f70d01010d0500");
	check_sign("B4.4 rsa2048 pss sha256", "rsa2048", ALL, true, 14, pss256);
	check_sign("B4.4 rsa3072 pss sha512", "rsa3072", 1U << IKE_HASH_SHA2_512, true, 14,
		   pss512);
	check_sign("B4.4 p256", "p256", ALL, false, 14, "300a06082a8648ce3d040302");
	check_sign("B4.4 p384", "p384", ALL, false, 14, "300a06082a8648ce3d040303");
	check_sign("B4.4 p521", "p521", ALL, false, 14, "300a06082a8648ce3d040304");
	check_sign("B4.4 p521 sha256", "p521", 1U << IKE_HASH_SHA2_256, false, 14,
		   "300a06082a8648ce3d040302");
	check_sign("B4.4 ed25519", "ed25519", ALL, false, 14, "300506032b6570");
	check_sign("RFC 4754 p256", "p256", 0, false, 9, NULL);
	check_sign("RFC 4754 p384", "p384", 0, false, 10, NULL);
	check_sign("RFC 4754 p521", "p521", 0, false, 11, NULL);
	check_sign("B4.4 rsa2048 sha256", "rsa2048", 0, false, 1, NULL);
	check_sign("B4.4 rsa3072 sha256", "rsa3072", 0, true, 1, NULL);
}

/* What a peer might send: a good signature with SHA-1 inside */
static void test_sha1(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct credentials creds;
	uint8_t id_mac[PRF_MAX], sig[512];
	size_t len = sizeof(sig);

	load(&creds, "rsa2048");
	prf(keys.prf, bytes_of(keys.pi, keys.p_len), &octets.id_body, 1, id_mac);
	CHECK("signed with SHA-1",
	      EVP_DigestSignInit_ex(ctx, NULL, "SHA1", NULL, NULL, creds.key->public.key, NULL) == 1 &&
	      EVP_DigestSignUpdate(ctx, octets.message.p, octets.message.len) == 1 &&
	      EVP_DigestSignUpdate(ctx, octets.nonce.p, octets.nonce.len) == 1 &&
	      EVP_DigestSignUpdate(ctx, id_mac, 32) == 1 &&
	      EVP_DigestSignFinal(ctx, sig, &len) == 1);
	CHECK("E4.18 method 1 with SHA-1 is not believed",
	      verify(public_of(&creds), IKE_AUTH_RSA, bytes_of(sig, len)) == -EACCES);
	EVP_MD_CTX_free(ctx);
	credentials_free(&creds);
}

static void check_no_way(const char *label, const char *name, uint32_t hashes)
{
	struct credentials creds;
	struct blob data = { NULL, 0 };
	char error[AUTH_ERROR_MAX] = "";
	uint8_t method;

	load(&creds, name);
	check(auth_sign(&keys, true, creds.key, hashes, false, &octets, &method, &data,
			error) == -EINVAL && !data.p && strstr(error, "peer"), label, "%s", error);
	credentials_free(&creds);
}

/* Signature and algorithm that do not belong together, and algorithms that we refuse */
static void test_algorithms(void)
{
	static const char *const others[] = {
		"300d06092a864886f70d0101050500",	/* RSA with SHA-1 */
		"300d06092a864886f70d0101040500",	/* RSA with MD5 */
		"300906072a8648ce3d0401",		/* ECDSA with SHA-1 */
		"300a06082a8648ce3d040302",		/* ECDSA */
		"300506032b6570",			/* Ed25519 */
		"300d06092a864886f70d01010a3000",	/* PSS, all defaults: SHA-1 */
		"300b06092a864886f70d01010a",		/* PSS without parameters */
		"300d06092a864886f70d01010b0500" "00",	/* something behind */
		"300d06092a864886f70d01010b0400",	/* parameters of another kind */
		"300e06092a864886f70d01010b0500",	/* longer than it is */
		"3000", "0500", "00",
	};
	struct credentials creds;
	struct blob data = { NULL, 0 };
	char error[AUTH_ERROR_MAX];
	uint8_t method, buf[2000] = { 0 };
	struct bytes sig;

	load(&creds, "rsa2048");
	auth_sign(&keys, true, creds.key, ALL, false, &octets, &method, &data, error);
	sig = bytes_of(data.p + 1 + data.p[0], data.len - 1 - data.p[0]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct bytes der = hex(others[i]);
		struct writer w = writer_of(buf, sizeof(buf));

		write_u8(&w, der.len);
		write_bytes(&w, der);
		write_bytes(&w, sig);
		check(verify(public_of(&creds), 14, writer_view(&w)) == -EACCES,
		      "E4.18 another algorithm", "%s", others[i]);
	}
	for (int absent = 0; absent < 2; absent++) {
		struct bytes der = hex(absent ? "300b06092a864886f70d01010b" : rsa256);
		struct writer w = writer_of(buf, sizeof(buf));

		write_u8(&w, der.len);
		write_bytes(&w, der);
		write_bytes(&w, sig);
		check(!verify(public_of(&creds), 14, writer_view(&w)),
		      "B4.4 NULL may be absent", "%d", absent);
	}
	buf[0] = 255;
	CHECK("E4.18 algorithm of length 255", verify(public_of(&creds), 14, bytes_of(buf, 256)) == -EACCES);
	CHECK("E4.18 longer than all", verify(public_of(&creds), 14, bytes_of(buf, 255)) == -EACCES);
	buf[0] = 0;
	CHECK("B4.5 algorithm of length 0", verify(public_of(&creds), 14, bytes_of(buf, 256)) == -EACCES);
	CHECK("E4.18 length 0", verify(public_of(&creds), 14, bytes_of(NULL, 0)) == -EACCES);
	for (int m = 0; m < 256; m++)
		if (m != 14 && verify(public_of(&creds), m, blob_view(&data)) != -EACCES)
			check(false, "E4.18 wrong method", "%d", m);
	CHECK("E4.18 a hash is not ours: method 1 with the RFC 7427 octets",
	      verify(public_of(&creds), 1, blob_view(&data)) == -EACCES);
	CHECK("RFC 7296 3.8 method 1 with SHA-256", !verify(public_of(&creds), 1, sig));
	blob_free(&data);
	credentials_free(&creds);
}

static bool reads(const char *der, uint8_t hash, uint8_t salt)
{
	struct signature_scheme s;

	return !algorithm_read(hex(der), &s) && s.kind == PKEY_RSA && s.pss &&
	       s.hash == hash && s.salt_len == salt;
}

#define SHA256_NULL	"300d06096086480165030402010500"
#define SHA256_BARE	"300b0609608648016503040201"
#define PSS(len, seq, rest)	"30" len "06092a864886f70d01010a30" seq rest
#define MGF_256		"a11c301a06092a864886f70d010108" SHA256_NULL

static void test_pss_parameters(void)
{
	struct signature_scheme s;

	CHECK("B4.4 PSS", reads(pss256, IKE_HASH_SHA2_256, 32));
	CHECK("B4.4 PSS SHA-512", reads(pss512, IKE_HASH_SHA2_512, 64));
	CHECK("B4.4 PSS, NULL absent",
	      reads(PSS("3d", "30", "a00d" SHA256_BARE "a11a301806092a864886f70d010108" SHA256_BARE
			"a203020120"), IKE_HASH_SHA2_256, 32));
	CHECK("B4.4 PSS, default salt of 20",
	      reads(PSS("3c", "2f", "a00f" SHA256_NULL MGF_256), IKE_HASH_SHA2_256, 20));
	CHECK("B4.4 PSS, trailer 1 said",
	      reads(PSS("46", "39", "a00f" SHA256_NULL MGF_256 "a203020120a303020101"),
		    IKE_HASH_SHA2_256, 32));
	CHECK("E4.18 PSS trailer 2",
	      algorithm_read(hex(PSS("46", "39", "a00f" SHA256_NULL MGF_256
				     "a203020120a303020102")), &s) == -EINVAL);
	CHECK("E4.18 PSS salt 2^31",
	      algorithm_read(hex(PSS("45", "38", "a00f" SHA256_NULL MGF_256
				     "a2070205" "0080000000")), &s) == -EINVAL);
	CHECK("E4.18 PSS salt 65",
	      algorithm_read(hex(PSS("41", "34", "a00f" SHA256_NULL MGF_256 "a203020141")),
			     &s) == -EINVAL);
	CHECK("E4.18 PSS salt -1",
	      algorithm_read(hex(PSS("41", "34", "a00f" SHA256_NULL MGF_256 "a2030201ff")),
			     &s) == -EINVAL);
	CHECK("E4.18 PSS salt of 32 bytes",
	      algorithm_read(hex(PSS("62", "55", "a00f" SHA256_NULL MGF_256 "a2240220"
				     "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")),
			     &s) == -EINVAL);
	CHECK("E4.18 PSS, MGF1 with another hash",
	      algorithm_read(hex(PSS("41", "34", "a00f" SHA256_NULL
				     "a11c301a06092a864886f70d010108300d06096086480165030402020500"
				     "a203020120")), &s) == -EINVAL);
	CHECK("E4.18 PSS, MGF1 with SHA-1",
	      algorithm_read(hex(PSS("23", "16", "a00f" SHA256_NULL "a203020120")), &s) ==
	      -EINVAL);
}

static void test_ecdsa_zero(void)
{
	struct credentials creds;
	uint8_t zero[132] = { 0 };

	load(&creds, "p256");
	CHECK("E4.18 r = s = 0", verify(public_of(&creds), 9, bytes_of(zero, 64)) == -EACCES);
	zero[31] = 1;
	CHECK("E4.18 s = 0", verify(public_of(&creds), 9, bytes_of(zero, 64)) == -EACCES);
	memset(zero, 0xff, 64);
	CHECK("E4.18 r and s too large", verify(public_of(&creds), 9, bytes_of(zero, 64)) == -EACCES);
	CHECK("E4.18 method of another curve",
	      verify(public_of(&creds), 10, bytes_of(zero, 96)) == -EACCES &&
	      verify(public_of(&creds), 11, bytes_of(zero, 132)) == -EACCES &&
	      verify(public_of(&creds), 1, bytes_of(zero, 64)) == -EACCES);
	credentials_free(&creds);
}

/* An RSA key of @bits with exponent @e, whose parts nobody knows */
static EVP_PKEY *rsa_of(int bits, unsigned long e_value, int e_shift)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_new(), *e = BN_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
	BN_set_word(e, e_value);
	BN_lshift(e, e, e_shift);
	if (e_shift)
		BN_add_word(e, 1);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_fromdata_init(ctx);
	EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(e);
	return key;
}

static void check_rsa(const char *label, int bits, unsigned long e, int shift, bool want)
{
	char error[AUTH_ERROR_MAX] = "";
	EVP_PKEY *evp = rsa_of(bits, e, shift);
	struct public_key key;
	int err = evp ? pkey_init(&key, evp, error) : -EPROTO;

	check(want ? !err : err == -EACCES && error[0], label, "%d %s", err, error);
	EVP_PKEY_free(evp);
}

static void test_rsa_sizes(void)
{
	check_rsa("E4.18 RSA 512", 512, 65537, 0, false);
	check_rsa("E4.18 RSA 2047", 2047, 65537, 0, false);
	check_rsa("E4.18 RSA 2048", 2048, 65537, 0, true);
	check_rsa("E4.18 RSA 8192", 8192, 65537, 0, true);
	check_rsa("E4.18 RSA 16384", 16384, 65537, 0, false);
	check_rsa("E4.18 RSA e = 1", 2048, 1, 0, false);
	check_rsa("E4.18 RSA e = 2", 2048, 2, 0, false);
	check_rsa("E4.18 RSA e = 3", 2048, 3, 0, true);
	check_rsa("E4.18 RSA e of 1000 bits", 2048, 1, 999, false);
}

static void test_psk(void)
{
	static const uint8_t secret[] = "a secret of some length";
	struct bytes psk = bytes_of(secret, sizeof(secret) - 1);
	static const uint8_t pad[] = "Key Pad for IKEv2";
	struct bytes pad_part = bytes_of(pad, sizeof(pad) - 1), parts[3];
	uint8_t auth[PRF_MAX], k[PRF_MAX], id_mac[PRF_MAX], want[PRF_MAX];
	bool refused = true;

	CHECK("B4.3 PSK", !auth_psk(&keys, true, psk, &octets, auth));
	prf(keys.prf, psk, &pad_part, 1, k);
	prf(keys.prf, bytes_of(keys.pi, 32), &octets.id_body, 1, id_mac);
	parts[0] = octets.message;
	parts[1] = octets.nonce;
	parts[2] = bytes_of(id_mac, 32);
	prf(keys.prf, bytes_of(k, 32), parts, 3, want);
	CHECK("B4.3 PSK, by hand", !memcmp(auth, want, 32));
	CHECK("B4.3 PSK verified", !auth_verify_psk(&keys, true, psk, bytes_of(auth, 32), &octets));
	for (int bit = 0; bit < 256; bit++) {
		auth[bit / 8] ^= 1 << bit % 8;
		refused = refused && auth_verify_psk(&keys, true, psk, bytes_of(auth, 32),
						     &octets) == -EACCES;
		auth[bit / 8] ^= 1 << bit % 8;
	}
	CHECK("E4.18 PSK, a bit changed", refused);
	CHECK("E4.18 PSK, another length",
	      auth_verify_psk(&keys, true, psk, bytes_of(auth, 31), &octets) == -EACCES &&
	      auth_verify_psk(&keys, true, psk, bytes_of(auth, 33), &octets) == -EACCES &&
	      auth_verify_psk(&keys, true, psk, bytes_of(NULL, 0), &octets) == -EACCES);
	CHECK("B4.3 PSK of the other side",
	      auth_verify_psk(&keys, false, psk, bytes_of(auth, 32), &octets) == -EACCES);
	psk.len--;
	CHECK("B4.3 another PSK",
	      auth_verify_psk(&keys, true, psk, bytes_of(auth, 32), &octets) == -EACCES);
	psk.len = 0;
	CHECK("E4.18 an empty PSK", auth_psk(&keys, true, psk, &octets, auth) == -EINVAL &&
	      auth_verify_psk(&keys, true, psk, bytes_of(auth, 32), &octets) == -EACCES);
}

static void test_hash_list(void)
{
	uint8_t buf[16];

	CHECK("B3.1 hashes", auth_hashes_write(buf, sizeof(buf)) == 8);
	check_bytes("B3.1 hashes", bytes_of(buf, 8), "0002000300040005");
	CHECK("B3.1 hashes read", auth_hashes_read(bytes_of(buf, 8)) == ALL);
	CHECK("B3.1 no room", !auth_hashes_write(buf, 7));
	CHECK("B3.1 unknown and odd ones", auth_hashes_read(hex("0001ffff002000021f")) == (1U << 1 | 1U << 2));
	CHECK("B3.1 none", !auth_hashes_read(bytes_of(NULL, 0)));
}

int main(void)
{
	setup();
	test_sign();
	test_sha1();
	check_no_way("B4.4 SHA-1 only", "rsa2048", 1U << IKE_HASH_SHA1);
	check_no_way("B4.4 no identity hash for Ed25519", "ed25519", SHA2);
	check_no_way("B4.4 Ed25519 without RFC 7427", "ed25519", 0);
	test_algorithms();
	test_pss_parameters();
	test_ecdsa_zero();
	test_rsa_sizes();
	test_psk();
	test_hash_list();
	return check_status();
}
