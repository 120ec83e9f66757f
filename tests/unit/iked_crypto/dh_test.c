// SPDX-License-Identifier: MIT
/*
 * dh_test.c - key exchange against published vectors, and values that a peer must not
 * get away with.
 */
#include <errno.h>

#include <openssl/bn.h>

#include "../../../tools/iked/dh.h"
#include "hex.h"

static void check_pair(const char *name, uint16_t group, const char *private,
		       const char *public, const char *peer, const char *want)
{
	struct dh *dh = dh_new_known(group, hex(private), hex(public));
	struct blob secret = { NULL, 0 };

	CHECK(name, dh && dh_group(dh) == group);
	if (!dh)
		return;
	check_bytes(name, dh_public(dh), public);
	CHECK(name, !dh_shared(dh, hex(peer), &secret));
	check_bytes(name, blob_view(&secret), want);
	blob_free(&secret);
	dh_free(dh);
}

static const char p256_i[] = "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811805271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3";
static const char p256_r[] = "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab";
static const char p256_s[] = "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de";
static const char p384_i[] = "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c";
static const char p384_r[] = "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c";
static const char p384_s[] = "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746";
static const char p521_i[] = "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbee1e3bf42e00b8e380aeae57c2d107564941885942af5a7f4601723c4195d176ced3e017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4a10ad8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f1507438bf01beb6ca3926f9582";
static const char p521_r[] = "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e95bb0352f6be64a6c2912d4ef2d0433ced2b6171640012d9460f015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87220b6536c5c408a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd17f0fc56a";
static const char p521_s[] = "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d19f3ddea";
static const char x25519_i[] = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
static const char x25519_r[] = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
static const char x448_i[] = "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0";
static const char x448_r[] = "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609";

static void test_vectors(void)
{
	check_pair("RFC 5903 8.1 initiator", IKE_GROUP_ECP_256,
		   "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
		   p256_i, p256_r, p256_s);
	check_pair("RFC 5903 8.1 responder", IKE_GROUP_ECP_256,
		   "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
		   p256_r, p256_i, p256_s);
	check_pair("RFC 5903 8.2 initiator", IKE_GROUP_ECP_384,
		   "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194",
		   p384_i, p384_r, p384_s);
	check_pair("RFC 5903 8.2 responder", IKE_GROUP_ECP_384,
		   "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd55a7448fc",
		   p384_r, p384_i, p384_s);
	check_pair("RFC 5903 8.3 initiator", IKE_GROUP_ECP_521,
		   "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d937ba9777f5957b2639bab072462f68c27a57382d4a52",
		   p521_i, p521_r, p521_s);
	check_pair("RFC 5903 8.3 responder", IKE_GROUP_ECP_521,
		   "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e9c677d600b343757a3bdbf2a3163e4c2f869cca7458aa4a4effc311f5cb151685eb9",
		   p521_r, p521_i, p521_s);
	check_pair("RFC 7748 6.1", IKE_GROUP_X25519,
		   "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
		   x25519_i, x25519_r,
		   "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
	check_pair("RFC 7748 6.2", IKE_GROUP_X448,
		   "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
		   x448_i, x448_r,
		   "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d");
}

static const struct {
	uint16_t group;
	BIGNUM *(*prime)(BIGNUM *);
} modp[] = {
	{ IKE_GROUP_MODP_2048, BN_get_rfc3526_prime_2048 },
	{ IKE_GROUP_MODP_3072, BN_get_rfc3526_prime_3072 },
	{ IKE_GROUP_MODP_4096, BN_get_rfc3526_prime_4096 },
	{ IKE_GROUP_MODP_6144, BN_get_rfc3526_prime_6144 },
	{ IKE_GROUP_MODP_8192, BN_get_rfc3526_prime_8192 },
};

static const uint16_t groups[] = {
	IKE_GROUP_MODP_2048, IKE_GROUP_MODP_3072, IKE_GROUP_MODP_4096,
	IKE_GROUP_MODP_6144, IKE_GROUP_MODP_8192, IKE_GROUP_ECP_256, IKE_GROUP_ECP_384,
	IKE_GROUP_ECP_521, IKE_GROUP_X25519, IKE_GROUP_X448,
};

static void check_agreement(uint16_t group)
{
	struct dh *a = dh_new(group), *b = dh_new(group);
	struct blob one = { NULL, 0 }, two = { NULL, 0 };
	char name[64];

	snprintf(name, sizeof(name), "B3.4 group %u: two sides agree", group);
	CHECK(name, dh_known(group) && a && b &&
	      dh_public(a).len == dh_public_len(group) &&
	      !bytes_equal(dh_public(a), dh_public(b)) &&
	      !dh_shared(a, dh_public(b), &one) && !dh_shared(b, dh_public(a), &two) &&
	      one.len && bytes_equal(blob_view(&one), blob_view(&two)));
	blob_free(&one);
	blob_free(&two);
	dh_free(a);
	dh_free(b);
}

/* 2^3 and 2^5 make 2^15, with all the zeros in front that the prime has room for */
static void check_padding(uint16_t group)
{
	uint8_t eight[DH_PUBLIC_MAX] = { 0 }, peer[DH_PUBLIC_MAX] = { 0 };
	uint8_t want[DH_PUBLIC_MAX] = { 0 };
	size_t len = dh_public_len(group);
	struct blob secret = { NULL, 0 };
	struct dh *dh;
	char name[64];

	eight[len - 1] = 8;
	peer[len - 1] = 32;
	want[len - 2] = 0x80;
	snprintf(name, sizeof(name), "B4.1 group %u: the secret is padded", group);
	dh = dh_new_known(group, hex("03"), bytes_of(eight, len));
	CHECK(name, dh && !dh_shared(dh, bytes_of(peer, len), &secret) &&
	      bytes_equal(blob_view(&secret), bytes_of(want, len)));
	blob_free(&secret);
	dh_free(dh);
}

static bool refused(struct dh *dh, struct bytes peer)
{
	struct blob secret = { NULL, 0 };
	int err = dh_shared(dh, peer, &secret);
	bool good = err == -EINVAL && !secret.p;

	blob_free(&secret);
	return good;
}

static void check_modp_hostile(uint16_t group, BIGNUM *p)
{
	uint8_t y[DH_PUBLIC_MAX] = { 0 };
	size_t len = dh_public_len(group);
	struct dh *dh = dh_new(group);
	char name[64];

	snprintf(name, sizeof(name), "E4.8 group %u: y of 0, 1, p-1, p, p+1, all ones", group);
	if (refused(dh, bytes_of(y, len)))
		y[len - 1] = 1;
	CHECK(name, y[len - 1] == 1 && refused(dh, bytes_of(y, len)));
	BN_sub_word(p, 1);
	for (int i = 0; i < 3; i++) {
		BN_bn2binpad(p, y, len);
		CHECK(name, refused(dh, bytes_of(y, len)));
		BN_add_word(p, 1);
	}
	memset(y, 0xff, len);
	CHECK(name, refused(dh, bytes_of(y, len)));
	memset(y, 0, len);
	y[len - 1] = 4;
	snprintf(name, sizeof(name), "E4.8 group %u: 4 is fine", group);
	CHECK(name, !refused(dh, bytes_of(y, len)));
	BN_free(p);
	dh_free(dh);
}

static void check_lengths(uint16_t group)
{
	static uint8_t y[DH_PUBLIC_MAX + 2];
	struct dh *dh = dh_new(group), *peer = dh_new(group);
	size_t len = dh_public_len(group);
	char name[64];

	memcpy(y, dh_public(peer).p, len);
	snprintf(name, sizeof(name), "E4.8 group %u: another length", group);
	CHECK(name, refused(dh, bytes_of(NULL, 0)) && refused(dh, bytes_of(y, 1)) &&
	      refused(dh, bytes_of(y, len - 1)) && refused(dh, bytes_of(y, len + 1)) &&
	      !refused(dh, bytes_of(y, len)));
	dh_free(dh);
	dh_free(peer);
}

static void check_off_curve(uint16_t group)
{
	uint8_t y[DH_PUBLIC_MAX] = { 0 };
	struct dh *dh = dh_new(group), *peer = dh_new(group);
	size_t len = dh_public_len(group);
	char name[64];

	snprintf(name, sizeof(name), "E4.8 group %u: off the curve, infinity, all ones",
		 group);
	CHECK(name, refused(dh, bytes_of(y, len)));
	memcpy(y, dh_public(peer).p, len);
	y[len - 1] ^= 1;
	CHECK(name, refused(dh, bytes_of(y, len)));
	memset(y, 0xff, len);
	CHECK(name, refused(dh, bytes_of(y, len)));
	dh_free(dh);
	dh_free(peer);
}

/* Points of small order, RFC 7748 6 */
static void check_small_order(uint16_t group)
{
	uint8_t y[56] = { 0 };
	size_t len = dh_public_len(group);
	struct dh *dh = dh_new(group);
	char name[64];

	snprintf(name, sizeof(name), "E4.8 group %u: small order", group);
	CHECK(name, refused(dh, bytes_of(y, len)));
	y[0] = 1;
	CHECK(name, refused(dh, bytes_of(y, len)));
	dh_free(dh);
}

int main(void)
{
	test_vectors();
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		check_agreement(groups[i]);
		check_lengths(groups[i]);
	}
	for (size_t i = 0; i < sizeof(modp) / sizeof(modp[0]); i++) {
		check_padding(modp[i].group);
		check_modp_hostile(modp[i].group, modp[i].prime(NULL));
	}
	for (int group = IKE_GROUP_ECP_256; group <= IKE_GROUP_ECP_521; group++)
		check_off_curve(group);
	check_small_order(IKE_GROUP_X25519);
	check_small_order(IKE_GROUP_X448);
	CHECK("B8 group 1 and group 2 are not known",
	      !dh_known(1) && !dh_known(2) && !dh_new(2) && !dh_public_len(2));
	dh_free(NULL);
	return check_status();
}
