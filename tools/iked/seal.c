// SPDX-License-Identifier: MIT
/*
 * seal.c - the SK payload and its fragments.
 *
 *   | IKE header | payloads that came before | generic header | SKF: number, total |
 *   | IV | encrypted: payloads, padding, its length | ICV |
 *
 * The AAD of combined ciphers ends before the IV (RFC 5282 5.1, RFC 7383 2.5); the ICV
 * of the others is over everything before it (RFC 7296 3.14).  fragments.c reassembles.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <linux/if_ipsec.h>

#include "mac.h"
#include "prf.h"
#include "seal.h"

#define GENERIC_HEADER_LEN	4
#define FRAGMENT_HEADER_LEN	4
#define BLOCK_MAX		16
#define NONCE_LEN		12	/* salt and IV of combined ciphers */
#define SALT_LEN		4

enum kind { KIND_AEAD, KIND_CBC, KIND_CTR };

/* How a cipher is used */
static const struct cipher {
	uint16_t id;
	uint8_t kind;
	uint8_t iv, icv, block;		/* bytes; icv 0: from the integrity algorithm */
	const char *names[3];		/* libcrypto's, of 128, 192 and 256 bits */
} ciphers[] = {
	{ IFIPSEC_ENCR_AES_GCM_8, KIND_AEAD, 8, 8, 1,
	  { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" } },
	{ IFIPSEC_ENCR_AES_GCM_12, KIND_AEAD, 8, 12, 1,
	  { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" } },
	{ IFIPSEC_ENCR_AES_GCM_16, KIND_AEAD, 8, 16, 1,
	  { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" } },
	{ IFIPSEC_ENCR_CHACHA20_POLY1305, KIND_AEAD, 8, 16, 1,
	  { NULL, NULL, "ChaCha20-Poly1305" } },
	{ IFIPSEC_ENCR_AES_CBC, KIND_CBC, 16, 0, 16,
	  { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" } },
	{ IFIPSEC_ENCR_AES_CTR, KIND_CTR, 8, 0, 1,
	  { "AES-128-CTR", "AES-192-CTR", "AES-256-CTR" } },
};

/* MD5 is no choice for an IKE SA; SHA-1 is, where the configuration says so */
static const struct integ {
	uint16_t id;
	uint8_t icv;
	const char *digest;		/* NULL: of AES */
} integs[] = {
	{ IFIPSEC_AUTH_HMAC_SHA1_96, 12, "SHA1" },
	{ IFIPSEC_AUTH_AES_XCBC_96, 12, NULL },
	{ IFIPSEC_AUTH_AES_CMAC_96, 12, NULL },
	{ IFIPSEC_AUTH_HMAC_SHA2_256_128, 16, "SHA2-256" },
	{ IFIPSEC_AUTH_HMAC_SHA2_384_192, 24, "SHA2-384" },
	{ IFIPSEC_AUTH_HMAC_SHA2_512_256, 32, "SHA2-512" },
};

/* One direction of an IKE SA */
struct suite {
	const struct cipher *cipher;
	const struct integ *integ;	/* NULL: a combined cipher */
	const char *name;
	struct bytes key, salt, integ_key;
	size_t iv, icv, block;
};

static const struct integ *find_integ(uint16_t id)
{
	for (size_t i = 0; i < sizeof(integs) / sizeof(integs[0]); i++)
		if (integs[i].id == id)
			return &integs[i];
	return NULL;
}

/* Everything of @s but the keys */
static bool suite_find(struct suite *s, uint16_t encr, uint16_t key_bits,
		       uint16_t integ)
{
	size_t len = keys_encr_len(encr, key_bits);

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		if (ciphers[i].id == encr)
			s->cipher = &ciphers[i];
	if (!s->cipher || !len)
		return false;
	if (s->cipher->kind != KIND_CBC)
		len -= SALT_LEN;
	s->name = s->cipher->names[len / 8 - 2];
	s->iv = s->cipher->iv;
	s->block = s->cipher->block;
	s->icv = s->cipher->icv;
	if (s->cipher->kind == KIND_AEAD)
		return s->name && integ == IFIPSEC_AUTH_NONE;
	s->integ = find_integ(integ);
	s->icv = s->integ ? s->integ->icv : 0;
	return s->name && s->integ;
}

bool seal_suite_known(uint16_t encr, uint16_t key_bits, uint16_t integ)
{
	struct suite s;

	return suite_find(&s, encr, key_bits, integ);
}

static bool suite_of_keys(struct suite *s, const struct ike_keys *keys,
			  bool from_initiator)
{
	const uint8_t *e = from_initiator ? keys->ei : keys->er;
	size_t salt;

	if (!suite_find(s, keys->encr, keys->encr_key_bits, keys->integ) ||
	    keys->e_len != keys_encr_len(keys->encr, keys->encr_key_bits))
		return false;
	salt = s->cipher->kind == KIND_CBC ? 0 : SALT_LEN;
	s->key = bytes_of(e, keys->e_len - salt);
	s->salt = bytes_of(e + s->key.len, salt);
	s->integ_key = bytes_of(from_initiator ? keys->ai : keys->ar, keys->a_len);
	return true;
}

/*
 * IVs.  CBC needs one that nobody can foresee; the others one that never comes twice
 * with the same key.  Those are counted in one row for all keys of the process, from
 * a random start: 2^64 messages without any key seeing an IV again.
 */
static int make_iv(const struct suite *s, uint8_t *iv)
{
	static bool started;
	static uint64_t next;
	struct writer w = writer_of(iv, s->iv);

	if (s->cipher->kind == KIND_CBC)
		return random_bytes(iv, s->iv);
	if (!started && random_bytes(&next, sizeof(next)))
		return -EIO;
	started = true;
	write_u64(&w, next++);
	return 0;
}

/* salt | IV; with the first block's number behind for CTR (RFC 5930 2) */
static const uint8_t *full_iv(const struct suite *s, const uint8_t *iv,
			      uint8_t buf[static BLOCK_MAX])
{
	struct writer w = writer_of(buf, BLOCK_MAX);

	write_bytes(&w, s->salt);
	write_bytes(&w, bytes_of(iv, s->iv));
	if (s->cipher->kind == KIND_CTR)
		write_u32(&w, 1);
	return buf;
}

/* In place.  Combined ciphers: @icv is written, or checked: false when it is wrong */
static bool cipher_ctx(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *evp,
		       const struct suite *s, bool encrypt, const uint8_t *iv,
		       struct bytes aad, uint8_t *data, size_t len, uint8_t *icv)
{
	bool aead = s->cipher->kind == KIND_AEAD;
	uint8_t iv_buf[BLOCK_MAX];
	int n = 0, last = 0;

	if (EVP_CipherInit_ex2(ctx, evp, NULL, NULL, encrypt, NULL) != 1 ||
	    (aead && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, NONCE_LEN,
					 NULL) != 1) ||
	    EVP_CipherInit_ex2(ctx, NULL, s->key.p, full_iv(s, iv, iv_buf), encrypt,
			       NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
		return false;
	if (aead && !encrypt &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, s->icv, icv) != 1)
		return false;
	if (aead && EVP_CipherUpdate(ctx, NULL, &n, aad.p, aad.len) != 1)
		return false;
	if (EVP_CipherUpdate(ctx, data, &n, data, len) != 1 ||
	    EVP_CipherFinal_ex(ctx, data + n, &last) != 1 || (size_t)n + last != len)
		return false;
	return !aead || !encrypt ||
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, s->icv, icv) == 1;
}

static bool run_cipher(const struct suite *s, bool encrypt, const uint8_t *iv,
		       struct bytes aad, uint8_t *data, size_t len, uint8_t *icv)
{
	EVP_CIPHER *evp = EVP_CIPHER_fetch(NULL, s->name, NULL);
	EVP_CIPHER_CTX *ctx = evp ? EVP_CIPHER_CTX_new() : NULL;
	bool good = ctx && cipher_ctx(ctx, evp, s, encrypt, iv, aad, data, len, icv);

	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(evp);
	return good;
}

static int integ_icv(const struct suite *s, struct bytes covered, uint8_t *icv)
{
	if (s->integ->id == IFIPSEC_AUTH_AES_XCBC_96)
		return mac_xcbc(s->integ_key, &covered, 1, icv, s->icv);
	if (s->integ->id == IFIPSEC_AUTH_AES_CMAC_96)
		return mac_cmac(s->integ_key, &covered, 1, icv, s->icv);
	return mac_hmac(s->integ->digest, s->integ_key, &covered, 1, icv, s->icv);
}

/* One datagram in work: SK, or a fragment where total is not 0 */
struct piece {
	const struct ike_header *header;
	uint8_t first;
	uint16_t number, total;
	struct bytes content;
};

/* Padding with its length: as little as the cipher needs */
static size_t sealed_len(const struct suite *s, size_t content)
{
	return (content + 1 + s->block - 1) / s->block * s->block;
}

static size_t head_len(const struct piece *p)
{
	return IKE_HEADER_LEN + GENERIC_HEADER_LEN +
	       (p->total ? FRAGMENT_HEADER_LEN : 0);
}

static size_t piece_len(const struct suite *s, const struct piece *p)
{
	return head_len(p) + s->iv + sealed_len(s, p->content.len) + s->icv;
}

static void write_head(struct writer *w, const struct piece *p, size_t len)
{
	const struct ike_header *h = p->header;

	write_u64(w, h->spi_i);
	write_u64(w, h->spi_r);
	write_u8(w, p->total ? IKE_PAYLOAD_SKF : IKE_PAYLOAD_SK);
	write_u8(w, h->version);
	write_u8(w, h->exchange);
	write_u8(w, h->flags);
	write_u32(w, h->id);
	write_u32(w, len);
	write_u8(w, p->total && p->number > 1 ? IKE_PAYLOAD_NONE : p->first);
	write_u8(w, 0);
	write_u16(w, len - IKE_HEADER_LEN);
	if (p->total) {
		write_u16(w, p->number);
		write_u16(w, p->total);
	}
}

static void write_padded(struct writer *w, const struct suite *s, struct bytes content)
{
	size_t pad = sealed_len(s, content.len) - content.len - 1;

	write_bytes(w, content);
	for (size_t i = 0; i < pad; i++)
		write_u8(w, 0);
	write_u8(w, pad);
}

/* Writes and protects @p in @buf of piece_len() bytes */
static int seal_piece(const struct suite *s, const struct piece *p, uint8_t *buf)
{
	size_t len = piece_len(s, p), head = head_len(p);
	struct writer w = writer_of(buf, len);
	uint8_t iv[BLOCK_MAX], *icv = buf + len - s->icv;
	int err = make_iv(s, iv);

	if (err)
		return -EIO;
	write_head(&w, p, len);
	write_bytes(&w, bytes_of(iv, s->iv));
	write_padded(&w, s, p->content);
	if (w.full || !run_cipher(s, true, iv, bytes_of(buf, head),
				  buf + head + s->iv,
				  sealed_len(s, p->content.len), icv))
		return -EINVAL;
	return s->integ ? integ_icv(s, bytes_of(buf, len - s->icv), icv) : 0;
}

static int seal_emit_piece(const struct suite *s, const struct piece *p,
			   seal_emit emit, void *arg)
{
	size_t len = piece_len(s, p);
	uint8_t *buf = len <= IKE_MESSAGE_MAX ? malloc(len) : NULL;
	int err;

	if (!buf)
		return len > IKE_MESSAGE_MAX ? -EMSGSIZE : -ENOMEM;
	err = seal_piece(s, p, buf);
	if (!err)
		emit(bytes_of(buf, len), arg);
	OPENSSL_cleanse(buf, len);	/* plain text where encryption failed */
	free(buf);
	return err;
}

/* The most content that a fragment of @mtu bytes has room for, 0: none */
static size_t fragment_room(const struct suite *s, size_t mtu)
{
	size_t over = IKE_HEADER_LEN + GENERIC_HEADER_LEN + FRAGMENT_HEADER_LEN +
		      s->iv + s->icv;
	size_t blocks = mtu > over ? (mtu - over) / s->block : 0;

	return blocks ? blocks * s->block - 1 : 0;
}

int seal_message(const struct ike_keys *keys, bool from_initiator,
		 const struct ike_header *header, uint8_t first,
		 struct bytes chain, size_t mtu, seal_emit emit, void *arg)
{
	struct piece p = { header, first, 0, 0, chain };
	struct suite s;
	size_t room, total;
	int err = 0;

	if (!suite_of_keys(&s, keys, from_initiator))
		return -EINVAL;
	if (!mtu || !chain.len || piece_len(&s, &p) <= mtu)
		return seal_emit_piece(&s, &p, emit, arg);
	room = fragment_room(&s, mtu);
	if (!room || chain.len > room * FRAGMENTS_MAX ||
	    chain.len > FRAGMENT_BYTES_MAX)
		return -EMSGSIZE;
	total = (chain.len + room - 1) / room;
	p.total = total;
	for (size_t i = 0; !err && i < total; i++) {
		size_t at = i * room, left = chain.len - at;

		p.number = i + 1;
		p.content = bytes_of(chain.p + at, left < room ? left : room);
		err = seal_emit_piece(&s, &p, emit, arg);
	}
	return err;
}

/* Where things are in a message that we got */
struct sealed {
	struct bytes head, iv, data, icv;
};

/* False where there is not even an ICV, or something behind the payload */
static bool find_parts(const struct suite *s, struct bytes message,
		       const struct ike_content *c, struct sealed *parts)
{
	size_t head = GENERIC_HEADER_LEN +
		      (c->sealed == IKE_PAYLOAD_SKF ? FRAGMENT_HEADER_LEN : 0);
	struct reader r = reader_of(message);

	if (c->sealed != IKE_PAYLOAD_SK && c->sealed != IKE_PAYLOAD_SKF)
		return false;
	if (c->sealed_at > message.len || message.len - c->sealed_at < head ||
	    message.len - c->sealed_at - GENERIC_HEADER_LEN != c->sealed_body.len)
		return false;
	parts->head = read_bytes(&r, c->sealed_at + head);
	parts->iv = read_bytes(&r, s->iv);
	if (r.bad || r.left <= s->icv)
		return false;
	parts->data = read_bytes(&r, r.left - s->icv);
	parts->icv = read_rest(&r);
	return !r.bad;
}

/* -EBADMSG or 0 before anything is decrypted; combined ciphers check theirs then */
static int check_icv(const struct suite *s, struct bytes message,
		     const struct sealed *parts)
{
	uint8_t icv[MAC_MAX];
	int err = -EBADMSG;

	if (!s->integ)
		return 0;
	if (!integ_icv(s, bytes_of(message.p, message.len - s->icv), icv) &&
	    bytes_equal_secret(bytes_of(icv, s->icv), parts->icv))
		err = 0;
	OPENSSL_cleanse(icv, sizeof(icv));
	return err;
}

/* Without the padding, of which only the length counts (RFC 7296 3.14) */
static int strip(const uint8_t *buf, size_t len, struct blob *plain)
{
	size_t pad = buf[len - 1];

	if (pad + 1 > len)
		return -EINVAL;
	return blob_copy(plain, bytes_of(buf, len - pad - 1));
}

static int open_parts(const struct suite *s, const struct sealed *parts,
		      struct blob *plain)
{
	size_t len = parts->data.len;
	uint8_t icv[MAC_MAX], *buf;
	int err;

	if (len % s->block)
		return -EINVAL;
	buf = malloc(len);
	if (!buf)
		return -ENOMEM;
	memcpy(buf, parts->data.p, len);
	memcpy(icv, parts->icv.p, s->icv);
	if (run_cipher(s, false, parts->iv.p, parts->head, buf, len, icv))
		err = strip(buf, len, plain);
	else
		err = s->integ ? -EINVAL : -EBADMSG;
	OPENSSL_cleanse(buf, len);
	free(buf);
	ERR_clear_error();
	return err;
}

int seal_open(const struct ike_keys *keys, bool from_initiator,
	      struct bytes message, const struct ike_content *content,
	      struct blob *plain)
{
	struct sealed parts;
	struct suite s;
	int err;

	if (!suite_of_keys(&s, keys, from_initiator) ||
	    !find_parts(&s, message, content, &parts))
		return -EBADMSG;
	err = check_icv(&s, message, &parts);
	return err ? err : open_parts(&s, &parts, plain);
}
