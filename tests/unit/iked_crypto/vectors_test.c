// SPDX-License-Identifier: MIT
/*
 * vectors_test.c - PRFs and the derivation of keys against what was published.
 */
#include <errno.h>

#include <linux/if_ipsec.h>

#include "../../../tools/iked/keys.h"
#include "../../../tools/iked/mac.h"
#include "../../../tools/iked/prf.h"
#include "hex.h"

#define BYTES_16	"000102030405060708090a0b0c0d0e0f"

static void check_prf(const char *name, uint16_t id, const char *key, const char *data,
		      const char *want)
{
	struct bytes all = hex(data), parts[3];
	uint8_t out[PRF_MAX];

	/* in three parts, so that joints are seen */
	parts[0] = bytes_of(all.p, all.len / 3);
	parts[1] = bytes_of(all.p + all.len / 3, all.len / 2 - all.len / 3);
	parts[2] = bytes_of(all.p + all.len / 2, all.len - all.len / 2);
	CHECK(name, !prf(id, hex(key), parts, 3, out));
	check_bytes(name, bytes_of(out, prf_len(id)), want);
}

static void test_hmac(void)
{
	const char *jefe = "4a656665";
	const char *what = "7768617420646f2079612077616e7420666f72206e6f7468696e673f";
	char long_key[2 * 131 + 1] = "";

	for (int i = 0; i < 131; i++)
		strcat(long_key, "aa");
	check_prf("RFC 2202 3.2 HMAC-SHA1", IKE_PRF_HMAC_SHA1, jefe, what,
		  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	check_prf("RFC 4231 4.3 HMAC-SHA-256", IKE_PRF_HMAC_SHA2_256, jefe, what,
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	check_prf("RFC 4231 4.3 HMAC-SHA-384", IKE_PRF_HMAC_SHA2_384, jefe, what,
		  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
	check_prf("RFC 4231 4.3 HMAC-SHA-512", IKE_PRF_HMAC_SHA2_512, jefe, what,
		  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
	check_prf("RFC 4231 4.7 long key", IKE_PRF_HMAC_SHA2_256, long_key,
		  "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void check_xcbc(const char *name, const char *data, const char *want)
{
	struct bytes part = hex(data);
	uint8_t out[16];

	CHECK(name, !mac_xcbc(hex(BYTES_16), &part, 1, out, 16));
	check_bytes(name, BYTES(out), want);
}

static void test_xcbc(void)
{
	static uint8_t zeros[1000];
	struct bytes part = BYTES(zeros);
	uint8_t out[16];

	check_xcbc("RFC 3566 4.6 case 1", "", "75f0251d528ac01c4573dfd584d79f29");
	check_xcbc("RFC 3566 4.6 case 2", "000102", "5b376580ae2f19afe7219ceef172756f");
	check_xcbc("RFC 3566 4.6 case 3", BYTES_16, "d2a246fa349b68a79998a4394ff7a263");
	check_xcbc("RFC 3566 4.6 case 4", BYTES_16 "10111213",
		   "47f51b4564966215b8985c63055ed308");
	check_xcbc("RFC 3566 4.6 case 5", BYTES_16 "101112131415161718191a1b1c1d1e1f",
		   "f54f0ec8d2b9f3d36807734bd5283fd4");
	check_xcbc("RFC 3566 4.6 case 6", BYTES_16 "101112131415161718191a1b1c1d1e1f2021",
		   "becbb3bccdb518a30677d5481fb6b4d8");
	CHECK("RFC 3566 4.6 case 7", !mac_xcbc(hex(BYTES_16), &part, 1, out, 16));
	check_bytes("RFC 3566 4.6 case 7", BYTES(out), "f0dafee895db30253761103b5d84528f");
	CHECK("XCBC refuses a key of 15 bytes",
	      mac_xcbc(bytes_of(zeros, 15), &part, 1, out, 16) == -EINVAL);
}

static void test_aes_prf(void)
{
	const char *data = BYTES_16 "10111213";

	check_prf("RFC 4434 2.1 key of 16", IKE_PRF_AES128_XCBC, BYTES_16, data,
		  "47f51b4564966215b8985c63055ed308");
	check_prf("RFC 4434 2.1 key of 10", IKE_PRF_AES128_XCBC, "00010203040506070809",
		  data, "0fa087af7d866e7653434e602fdde835");
	check_prf("RFC 4434 2.1 key of 18", IKE_PRF_AES128_XCBC, BYTES_16 "edcb", data,
		  "8cd3c93ae598a9803006ffb67c40e9e4");
	check_prf("RFC 4615 4 key of 18", IKE_PRF_AES128_CMAC, BYTES_16 "edcb", data,
		  "84a348a4a45d235babfffc0d2b4da09a");
	check_prf("RFC 4615 4 key of 16", IKE_PRF_AES128_CMAC, BYTES_16, data,
		  "980ae87b5f4c9c5214f5b6a8455e4c2d");
	check_prf("RFC 4615 4 key of 10", IKE_PRF_AES128_CMAC, "00010203040506070809",
		  data, "290d9e112edb09ee141fcf64c0b72f3d");
}

static void test_cmac(void)
{
	struct bytes key = hex("2b7e151628aed2a6abf7158809cf4f3c");
	struct bytes part = hex("6bc1bee22e409f96e93d7e117393172a");
	uint8_t out[16];

	CHECK("RFC 4493 4 example 2", !mac_cmac(key, &part, 1, out, 16));
	check_bytes("RFC 4493 4 example 2", BYTES(out), "070a16b46b4d4144f79bdd9dd04a287c");
	CHECK("RFC 4494 5 truncated", !mac_cmac(key, &part, 1, out, 12));
	check_bytes("RFC 4494 5 truncated", bytes_of(out, 12), "070a16b46b4d4144f79bdd9d");
	CHECK("RFC 4493 4 example 1", !mac_cmac(key, NULL, 0, out, 16));
	check_bytes("RFC 4493 4 example 1", BYTES(out), "bb1d6929e95937287fa37d129b756746");
}

/* C2 V10: the known answers of libcrypto's IKEv2 KDF */
#define V10_NI	"3651fef5c9c35e93"
#define V10_NR	"c09a8b90a3f04d59"
#define V10_SECRET "d084a30166a50fb7325c3960874a839449ef9741c2f4f947d0201dd8c1269273d79509f37e3ca3eb4fa2fe2a28254e289cd3f34dad4eb4df1a07685a4b8a94fa61e2491f7598b3ce65547ff133b3f63d1ac4175eaa695033f3cedb026a6873a36455172a8540b8a5d23a0143bed0390ee49b168269d75fffee9fb62be965993c"
#define V10_NEW "52f00ab174c25d5b7139ae5ff4e8e9eddee5992d2e36adf8a559ffd90dab1442e4fbe429d320c0f33552a17d1557fa41ea70e8fb916c4fa27ed52b5f8ebd8461afa78f1159159a64055ac5f6319e29c28eae58cbc6847770f32c3fed1d04750484f854790f95e9ec01bc5bc461f24966462e359511329305038e94deb6dd42c2"
#define V10_SPI_I	0x8e5c3ae507221684
#define V10_SPI_R	0xb1f201bb155c3acd

static const struct chosen v10 = {
	.protocol = IKE_PROTO_IKE,
	.encr = IFIPSEC_ENCR_AES_CBC, .encr_key_bits = 256,
	.prf = IKE_PRF_HMAC_SHA2_256, .integ = IFIPSEC_AUTH_HMAC_SHA2_256_128,
	.group = IKE_GROUP_MODP_2048,
};

static const struct chosen esp = {
	.protocol = IKE_PROTO_ESP,
	.encr = IFIPSEC_ENCR_AES_CBC, .encr_key_bits = 256,
	.integ = IFIPSEC_AUTH_HMAC_SHA2_256_128,
};

static void test_kdf(void)
{
	struct ike_keys keys, rekeyed;
	struct child_keys child;
	struct bytes ni = hex(V10_NI), nr = hex(V10_NR);
	uint8_t seedkey[16], skeyseed[PRF_MAX], all[224];
	struct bytes part = hex(V10_SECRET);
	struct bytes seed[] = { ni, nr, hex("8e5c3ae507221684b1f201bb155c3acd") };

	CHECK("B4.1 V10 keys", !ike_keys_derive(&v10, NULL, hex(V10_SECRET), ni, nr,
						V10_SPI_I, V10_SPI_R, &keys));
	check_bytes("B4.1 V10 SK_d", bytes_of(keys.d, keys.d_len),
		    "462b9dd525d4fd71169174272779e704baf62c6231779ae9efe8c58b21916b42");
	/* The others are the next bytes of the same row, in this order */
	memcpy(seedkey, ni.p, 8);
	memcpy(seedkey + 8, nr.p, 8);
	prf(IKE_PRF_HMAC_SHA2_256, BYTES(seedkey), &part, 1, skeyseed);
	check_bytes("B4.1 V10 SKEYSEED", bytes_of(skeyseed, 32),
		    "efaa7ab0eaa85a3d0be2100cd4b6fe00ff5025a9eafddb3ef518e9f0d3fe60e6");
	CHECK("B4.1 prf+", !prf_plus(IKE_PRF_HMAC_SHA2_256, bytes_of(skeyseed, 32), seed,
				     3, all, sizeof(all)));
	CHECK("B4.1 order of keys",
	      !memcmp(keys.ai, all + 32, 32) && !memcmp(keys.ar, all + 64, 32) &&
	      !memcmp(keys.ei, all + 96, 32) && !memcmp(keys.er, all + 128, 32) &&
	      !memcmp(keys.pi, all + 160, 32) && !memcmp(keys.pr, all + 192, 32));

	CHECK("B4.2 V10 child", !child_keys_derive(&esp, &keys, bytes_of(NULL, 0), ni, nr,
						   &child));
	check_bytes("B4.2 V10 child KEYMAT", bytes_of(child.encr_i, child.encr_len),
		    "23647677e7d403fa1e3006f19840aee18ad9fecc4215814c4131bdeba98433d8");
	CHECK("B4.2 V10 child, PFS", !child_keys_derive(&esp, &keys, hex(V10_NEW), ni, nr,
							&child));
	check_bytes("B4.2 V10 child KEYMAT, PFS", bytes_of(child.encr_i, child.encr_len),
		    "6a919387a5fa2835fe8a8237e4a14845bd2b9930db87eff7adf268f621860049");

	CHECK("B4.2 V10 rekey", !ike_keys_derive(&v10, &keys, hex(V10_NEW), ni, nr,
						 V10_SPI_I, V10_SPI_R, &rekeyed));
	prf_plus(IKE_PRF_HMAC_SHA2_256,
		 hex("90722c42bd849e9b72d240fc254174270fa8295de6f0338dafc303a9ec104f12"),
		 seed, 3, all, sizeof(all));
	CHECK("B4.2 V10 keys from the published SKEYSEED",
	      !memcmp(rekeyed.d, all, 32) && !memcmp(rekeyed.pr, all + 192, 32));
	ike_keys_wipe(&keys);
	CHECK("keys are wiped", !keys.d_len && !keys.d[0] && !keys.pr[31]);
}

/* A rekey that changes the PRF: seed with the old one, expansion with the new one */
static void test_rekey_prf(void)
{
	struct chosen new = v10;
	struct ike_keys old, keys;
	struct bytes ni = hex(V10_NI V10_NI), nr = hex(V10_NR V10_NR);
	struct bytes parts[] = { hex(V10_NEW), ni, nr };
	struct bytes seed[] = { ni, nr, hex("8e5c3ae507221684b1f201bb155c3acd") };
	uint8_t skeyseed[PRF_MAX], all[64];

	new.prf = IKE_PRF_HMAC_SHA2_512;
	CHECK("B4.2 old SA", !ike_keys_derive(&v10, NULL, hex(V10_SECRET), ni, nr, V10_SPI_I,
					      V10_SPI_R, &old));
	CHECK("B4.2 new SA", !ike_keys_derive(&new, &old, parts[0], ni, nr, V10_SPI_I,
					      V10_SPI_R, &keys));
	prf(IKE_PRF_HMAC_SHA2_256, bytes_of(old.d, 32), parts, 3, skeyseed);
	prf_plus(IKE_PRF_HMAC_SHA2_512, bytes_of(skeyseed, 32), seed, 3, all, 64);
	CHECK("B4.2 old PRF, then the new one",
	      keys.d_len == 64 && !memcmp(keys.d, all, 64));
}

/* RFC 7296 2.14: of each nonce 8 bytes are the key, all are the seed */
static void test_fixed_key_prf(void)
{
	struct chosen c = v10;
	struct ike_keys keys;
	struct bytes ni = hex(V10_NI V10_NI), nr = hex(V10_NR V10_NR);
	struct bytes seed[] = { ni, nr, hex("8e5c3ae507221684b1f201bb155c3acd") };
	struct bytes secret = hex(V10_SECRET);
	uint8_t skeyseed[PRF_MAX], all[16];

	for (int id = IKE_PRF_AES128_XCBC; id <= IKE_PRF_AES128_CMAC; id += 4) {
		c.prf = id;
		CHECK("B4.1 AES PRF", !ike_keys_derive(&c, NULL, secret, ni, nr, V10_SPI_I,
						       V10_SPI_R, &keys));
		prf(id, hex(V10_NI V10_NR), &secret, 1, skeyseed);
		prf_plus(id, bytes_of(skeyseed, 16), seed, 3, all, 16);
		CHECK("B4.1 AES PRF takes 8 bytes of each nonce for its key",
		      keys.d_len == 16 && !memcmp(keys.d, all, 16));
	}
}

static void test_lengths(void)
{
	uint8_t out[8192];
	struct chosen c = v10;
	struct ike_keys keys;
	struct child_keys child;
	struct bytes nonce = hex(BYTES_16);

	CHECK("A2.T AES-GCM-16 256", keys_encr_len(IFIPSEC_ENCR_AES_GCM_16, 256) == 36);
	CHECK("A2.T AES-GCM-8 128", keys_encr_len(IFIPSEC_ENCR_AES_GCM_8, 128) == 20);
	CHECK("A2.T AES-CCM-8 128", keys_encr_len(IFIPSEC_ENCR_AES_CCM_8, 128) == 19);
	CHECK("A2.T AES-CCM-16 256", keys_encr_len(IFIPSEC_ENCR_AES_CCM_16, 256) == 35);
	CHECK("A2.T GMAC 192", keys_encr_len(IFIPSEC_ENCR_NULL_AES_GMAC, 192) == 28);
	CHECK("A2.T ChaCha20", keys_encr_len(IFIPSEC_ENCR_CHACHA20_POLY1305, 0) == 36);
	CHECK("A2.T ChaCha20 has one size",
	      keys_encr_len(IFIPSEC_ENCR_CHACHA20_POLY1305, 128) == 0);
	CHECK("A2.T AES-CBC 192", keys_encr_len(IFIPSEC_ENCR_AES_CBC, 192) == 24);
	CHECK("A2.T AES-CTR 128", keys_encr_len(IFIPSEC_ENCR_AES_CTR, 128) == 20);
	CHECK("A2.T Camellia 256", keys_encr_len(IFIPSEC_ENCR_CAMELLIA_CBC, 256) == 32);
	CHECK("A2.T 3DES", keys_encr_len(IFIPSEC_ENCR_3DES, 0) == 24);
	CHECK("E4.7 AES without a size", keys_encr_len(IFIPSEC_ENCR_AES_CBC, 0) == 0);
	CHECK("E4.7 AES of 8 bits", keys_encr_len(IFIPSEC_ENCR_AES_CBC, 8) == 0);
	CHECK("A2.T MD5", keys_integ_len(IFIPSEC_AUTH_HMAC_MD5_96) == 16);
	CHECK("A2.T SHA-1", keys_integ_len(IFIPSEC_AUTH_HMAC_SHA1_96) == 20);
	CHECK("A2.T SHA-512", keys_integ_len(IFIPSEC_AUTH_HMAC_SHA2_512_256) == 64);
	CHECK("A2.T SHA-256-96", keys_integ_len(IFIPSEC_AUTH_HMAC_SHA2_256_96) == 32);
	CHECK("A2.T AES-256-GMAC", keys_integ_len(IFIPSEC_AUTH_AES_256_GMAC) == 36);
	CHECK("A2.T unknown", !keys_integ_len(99) && !keys_encr_len(99, 128));

	CHECK("B4.1 prf+ of 255 rounds", !prf_plus(IKE_PRF_HMAC_SHA2_256, nonce, &nonce, 1,
						   out, 255 * 32));
	CHECK("B4.1 prf+ of more is refused",
	      prf_plus(IKE_PRF_HMAC_SHA2_256, nonce, &nonce, 1, out, 255 * 32 + 1) ==
	      -EINVAL);

	c.integ = IFIPSEC_AUTH_HMAC_MD5_96;
	CHECK("MD5 protects no IKE SA", !keys_suite_known(&c) &&
	      ike_keys_derive(&c, NULL, nonce, nonce, nonce, 1, 2, &keys) == -EINVAL);
	c.integ = IFIPSEC_AUTH_NONE;
	CHECK("CBC alone protects no IKE SA", !keys_suite_known(&c));
	c.encr = IFIPSEC_ENCR_AES_GCM_16;
	CHECK("AES-GCM does", keys_suite_known(&c));
	c.integ = IFIPSEC_AUTH_HMAC_SHA2_256_128;
	CHECK("E4.7 not with another integrity", !keys_suite_known(&c));
	c.integ = 0;
	c.group = 1;
	CHECK("B8 not with group 1", !keys_suite_known(&c));
	c = esp;
	c.encr = 99;
	CHECK("unknown cipher of a child",
	      child_keys_derive(&c, &keys, nonce, nonce, nonce, &child) == -EINVAL);
}

static void test_child_order(void)
{
	struct chosen gcm = { .protocol = IKE_PROTO_ESP, .encr = IFIPSEC_ENCR_AES_GCM_16,
			      .encr_key_bits = 128 };
	struct chosen ah = { .protocol = IKE_PROTO_AH,
			     .integ = IFIPSEC_AUTH_HMAC_SHA2_256_128 };
	struct bytes nonce = hex(BYTES_16), parts[] = { nonce, nonce };
	struct child_keys child;
	struct ike_keys keys;
	uint8_t all[128];

	ike_keys_derive(&v10, NULL, hex(V10_SECRET), nonce, nonce, 1, 2, &keys);
	prf_plus(IKE_PRF_HMAC_SHA2_256, bytes_of(keys.d, 32), parts, 2, all, 128);
	CHECK("B4.2 ESP", !child_keys_derive(&esp, &keys, bytes_of(NULL, 0), nonce, nonce,
					     &child));
	CHECK("B4.2 initiator's first, encryption first",
	      !memcmp(child.encr_i, all, 32) && !memcmp(child.integ_i, all + 32, 32) &&
	      !memcmp(child.encr_r, all + 64, 32) && !memcmp(child.integ_r, all + 96, 32));
	CHECK("B4.2 AES-GCM", !child_keys_derive(&gcm, &keys, bytes_of(NULL, 0), nonce,
						 nonce, &child));
	CHECK("B4.2 salt is a part of the key",
	      child.encr_len == 20 && !child.integ_len &&
	      !memcmp(child.encr_i, all, 20) && !memcmp(child.encr_r, all + 20, 20));
	CHECK("B4.2 AH", !child_keys_derive(&ah, &keys, bytes_of(NULL, 0), nonce, nonce,
					    &child));
	CHECK("B4.2 AH has one key each way",
	      !child.encr_len && !memcmp(child.integ_i, all, 32) &&
	      !memcmp(child.integ_r, all + 32, 32));
}

static int no_randomness(void *buf, size_t len)
{
	(void)buf;
	(void)len;
	return -EIO;
}

static void test_random(void)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 }, digest[SHA1_LEN];
	struct bytes parts[] = { { (const uint8_t *)"a", 1 }, { (const uint8_t *)"bc", 2 } };
	bool below = true;

	CHECK("random bytes", !random_bytes(a, 32) && !random_bytes(b, 32) &&
	      memcmp(a, b, 32));
	for (int i = 0; i < 1000; i++)
		below = below && random_below(7) < 7;
	CHECK("random numbers stay below", below);
	random_override(no_randomness);
	CHECK("E4.41 no randomness is an error", random_bytes(a, 32) == -EIO);
	CHECK("E4.41 jitter goes on", random_below(10) == 5);
	random_override(NULL);
	CHECK("SHA-1", !sha1(parts, 2, digest));
	check_bytes("SHA-1 of abc", BYTES(digest),
		    "a9993e364706816aba3e25717850c26c9cd0d89d");
}

int main(void)
{
	test_hmac();
	test_xcbc();
	test_aes_prf();
	test_cmac();
	test_kdf();
	test_rekey_prf();
	test_fixed_key_prf();
	test_lengths();
	test_child_order();
	test_random();
	return check_status();
}
