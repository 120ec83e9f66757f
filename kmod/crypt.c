// SPDX-License-Identifier: GPL-2.0-only
/*
 * crypt.c - one cipher operation on one packet: the request, its scatterlist,
 * nonce and additional data.  It knows ESP's use of an AEAD (RFC 4106 section 5,
 * RFC 4309, RFC 7634 section 2), but nothing of headers, routes or replay.
 */
#include <linux/percpu.h>
#include <linux/slab.h>
#include "compat/crypto.h"
#include "crypt.h"
#include "spread.h"

/* Room for the cipher's own state in a cached operation: bytes */
#define CRYPT_CTX_MAX	1024

DEFINE_PER_CPU(struct ipsec_crypt *, ipsec_crypt_cache);

/* How far an operation is that the cipher keeps */
enum crypt_state {
	CRYPT_STARTED,
	CRYPT_KEPT,		/* who started it has taken the references */
	CRYPT_OVER,		/* the cipher is done with it */
};

/* As the next packet expects it */
static void crypt_reset(struct ipsec_crypt *c)
{
	c->special = false;
	c->pair = NULL;
	c->batch = NULL;
	c->lane = NULL;
	c->hdr = c->hdr_buf;
	c->kept = false;
	atomic_set(&c->state, CRYPT_STARTED);
}

static struct ipsec_crypt *crypt_alloc(unsigned int ctx, gfp_t gfp)
{
	struct ipsec_crypt *c = kmalloc(sizeof(*c) + ctx, gfp);

	if (!c)
		return NULL;
	/* this much is the same for all packets */
	sg_init_table(c->esp, ARRAY_SIZE(c->esp));
	sg_set_buf(&c->esp[0], c->aad, sizeof(c->aad));
	crypt_reset(c);
	return c;
}

void ipsec_crypt_sa_init(struct ipsec_sa *sa)
{
	struct crypto_aead *tfm = sa->suite.tfm;

	sa->pooled = crypto_aead_reqsize(tfm) <= CRYPT_CTX_MAX;
	sa->later = crypto_aead_tfm(tfm)->__crt_alg->cra_flags & CRYPTO_ALG_ASYNC;
}

struct ipsec_crypt *ipsec_crypt_alloc(const struct ipsec_sa *sa)
{
	return crypt_alloc(sa->pooled ? CRYPT_CTX_MAX :
			   crypto_aead_reqsize(sa->suite.tfm), GFP_ATOMIC);
}

void ipsec_crypt_put_slow(struct ipsec_crypt *c)
{
	bool pooled = c->sa->pooled;

	if (c->hdr != c->hdr_buf)
		kfree(c->hdr);
	if (c->kept) {
		if (c->pair)
			percpu_ref_put(&c->pair->ref);
		if (!c->lane)
			percpu_ref_put(&c->sa->ref);
	}
	if (pooled && !__this_cpu_read(ipsec_crypt_cache)) {
		crypt_reset(c);
		__this_cpu_write(ipsec_crypt_cache, c);
	} else {
		kfree(c);
	}
}

static struct ipsec_lane *crypt_lane(const struct ipsec_crypt *c)
{
	struct ipsec_peer *peer = c->sa->peer;

	return c->decrypt ? &peer->rx_lane : &peer->tx_lane;
}

static void crypt_over(struct ipsec_crypt *c)
{
	struct ipsec_lane *lane;

	rcu_read_lock();
	if (c->lane) {
		ipsec_spread_over(c);
	} else {
		lane = crypt_lane(c);
		ipsec_spread_passed(lane);
		c->done(c, c->err);
		atomic_dec(&lane->later);
	}
	rcu_read_unlock();
}

static void crypt_async_done(void *data, int err)
{
	struct ipsec_crypt *c = data;

	/* a queued request was started; this is not its end */
	if (err == -EINPROGRESS)
		return;
	c->err = err;
	/* without references, the rest is for who started it */
	if (atomic_xchg(&c->state, CRYPT_OVER) == CRYPT_KEPT)
		crypt_over(c);
}

IPSEC_COMPAT_CRYPTO_CALLBACK(crypt_async_done);

/* It is kept: the route and the other SA have to stay */
static void crypt_ref(struct ipsec_crypt *c)
{
	skb_dst_force(c->skb);
	if (c->pair)
		percpu_ref_get(&c->pair->ref);
	c->kept = true;
	c->special = true;
}

void ipsec_crypt_hold(struct ipsec_crypt *c, struct ipsec_lane *lane)
{
	c->lane = lane;
	/* on the way in, the route has served */
	if (c->decrypt)
		skb_dst_drop(c->skb);
	crypt_ref(c);
	atomic_set(&c->state, CRYPT_KEPT);
}

/* It may end later: the SAs have to stay, and the lane shall not be used meanwhile */
static void crypt_ref_all(struct ipsec_crypt *c)
{
	percpu_ref_get(&c->sa->ref);
	crypt_ref(c);
	atomic_inc(&crypt_lane(c)->later);
}

/* The cipher keeps it, or did until a moment ago */
static noinline void crypt_keep(struct ipsec_crypt *c)
{
	WRITE_ONCE(c->sa->later, true);
	crypt_ref_all(c);
	if (atomic_xchg(&c->state, CRYPT_KEPT) == CRYPT_OVER)
		crypt_over(c);
}

/*
 * The nonce is the salt, or nothing, then the IV, then zeros up to its length (CCM
 * counts there).  The cipher may work on it.
 */
static __always_inline void crypt_nonce(struct ipsec_crypt *c, const u8 *iv)
{
	const struct ipsec_suite *suite = &c->sa->suite;

	memcpy(c->nonce, suite->nonce, sizeof(c->nonce));
	if (likely(iv && suite->iv_len == sizeof(u64)))
		memcpy(c->nonce + suite->nonce_off, iv, sizeof(u64));
	else if (iv)
		memcpy(c->nonce + suite->nonce_off, iv, suite->iv_len);
}

static inline void crypt_request(struct ipsec_crypt *c, struct scatterlist *sg,
				 unsigned int ad_len, unsigned int crypt_len)
{
	aead_request_set_tfm(&c->req, c->sa->suite.tfm);
	aead_request_set_callback(&c->req, 0,
				  IPSEC_COMPAT_CRYPTO_CB(crypt_async_done), c);
	aead_request_set_ad(&c->req, ad_len);
	aead_request_set_crypt(&c->req, sg, sg, crypt_len, c->nonce);
}

/*
 * esp[0]: additional data, RFC 4303 2.2.1: SPI | [high half |] low half
 * esp[1]: [IV |] text, in place
 * esp[2]: ICV, by itself, because then ciphers find it without making a list of the rest
 *
 * How far the additional data reaches, and the encryption begins, is the suite's.
 * @tail: what of the ICV belongs to the text, in the eyes of the cipher.
 */
static __always_inline void crypt_prepare(struct ipsec_crypt *c, u8 *text,
					  unsigned int len, unsigned int tail)
{
	const struct ipsec_sa *sa = c->sa;
	const struct ipsec_suite *suite = &sa->suite;
	unsigned int iv_ad = suite->iv_is_ad ? suite->iv_len : 0;

	c->aad[0] = sa->id.spi;
	if (sa->esn) {
		c->aad[1] = cpu_to_be32(c->seq >> 32);
		c->aad[2] = cpu_to_be32((u32)c->seq);
	} else {
		c->aad[1] = cpu_to_be32((u32)c->seq);
	}
	crypt_nonce(c, text - suite->iv_len);

	c->esp[0].length = sa->aad_len;
	sg_set_buf(&c->esp[1], text - iv_ad, iv_ad + len);
	sg_set_buf(&c->esp[2], text + len, suite->icv_len);
	if (unlikely(suite->all_is_ad))
		crypt_request(c, c->esp, sa->aad_len + iv_ad + len, tail);
	else
		crypt_request(c, c->esp, sa->aad_len + iv_ad, len + tail);
}

static inline int crypt_cipher(struct ipsec_crypt *c)
{
	return c->decrypt ? crypto_aead_decrypt(&c->req) :
			    crypto_aead_encrypt(&c->req);
}

/*
 * The same, if the cipher is expected to keep it.  The references are taken before, so
 * that the packet leaves from where the cipher is done with it.  Taken afterwards, as
 * crypt_keep() does, one that is over by then leaves from here, and packets of another
 * CPU, where the cipher ends all the others, overtake it in the queues behind.
 */
static noinline void crypt_start_later(struct ipsec_crypt *c)
{
	int err;

	crypt_ref_all(c);
	atomic_set(&c->state, CRYPT_KEPT);
	err = crypt_cipher(c);
	if (err == -EINPROGRESS)
		return;
	WRITE_ONCE(c->sa->later, false);
	c->err = err;
	crypt_over(c);
}

/* It is prepared: now, or when a CPU has time */
static inline void crypt_start(struct ipsec_crypt *c, bool decrypt)
{
	int err;

	c->decrypt = decrypt;
	if (unlikely(c->batch)) {
		list_add_tail(&c->lane_node, c->batch);
		return;
	}
	if (unlikely(READ_ONCE(c->sa->later))) {
		crypt_start_later(c);
		return;
	}
	err = crypt_cipher(c);
	/* the cipher keeps it and calls crypt_async_done() */
	if (unlikely(err == -EINPROGRESS))
		crypt_keep(c);
	else
		c->done(c, err);
}

void ipsec_crypt_run(struct ipsec_crypt *c)
{
	int err = crypt_cipher(c);

	if (unlikely(err == -EINPROGRESS))
		return;
	c->err = err;
	ipsec_spread_over(c);
}

void ipsec_crypt_seal(struct ipsec_crypt *c, u8 *text, unsigned int len)
{
	crypt_prepare(c, text, len, 0);
	crypt_start(c, false);
}

void ipsec_crypt_open(struct ipsec_crypt *c, u8 *text, unsigned int len)
{
	unsigned int icv_len = c->sa->suite.icv_len;

	crypt_prepare(c, text, len - icv_len, icv_len);
	crypt_start(c, true);
}

void ipsec_crypt_sign(struct ipsec_crypt *c, unsigned int len, const u8 *iv)
{
	crypt_nonce(c, iv);
	crypt_request(c, c->sg, len, 0);
	crypt_start(c, false);
}

void ipsec_crypt_verify(struct ipsec_crypt *c, unsigned int len, const u8 *iv)
{
	crypt_nonce(c, iv);
	crypt_request(c, c->sg, len, c->sa->suite.icv_len);
	crypt_start(c, true);
}

int __init ipsec_crypt_init(void)
{
	struct ipsec_crypt *c;
	int cpu;

	for_each_possible_cpu(cpu) {
		c = crypt_alloc(CRYPT_CTX_MAX, GFP_KERNEL);
		if (!c) {
			ipsec_crypt_exit();
			return -ENOMEM;
		}
		per_cpu(ipsec_crypt_cache, cpu) = c;
	}
	return 0;
}

/* No operation is under way: the last SA is gone */
void ipsec_crypt_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kfree(per_cpu(ipsec_crypt_cache, cpu));
		per_cpu(ipsec_crypt_cache, cpu) = NULL;
	}
}
