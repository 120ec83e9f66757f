// SPDX-License-Identifier: GPL-2.0-only
/*
 * cipher.c - an AEAD in a loop, in place, in one piece, as on a packet path: the
 * floor under every tunnel.
 */
#include <crypto/aead.h>
#include <linux/bottom_half.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include "bench.h"

/* Operations with bottom halves disabled, as a softirq would do them */
#define CIPHER_BURST	64

struct cipher {
	struct crypto_aead *tfm;
	struct aead_request *req;
	struct scatterlist sg;
	const struct bench_args *args;
	u8 iv[16];
};

static int cipher_once(struct cipher *c, bool open)
{
	unsigned int len = c->args->size + (open ? c->args->icv : 0);

	aead_request_set_callback(c->req, 0, NULL, NULL);
	aead_request_set_ad(c->req, c->args->aad);
	aead_request_set_crypt(c->req, &c->sg, &c->sg, len, c->iv);
	return open ? crypto_aead_decrypt(c->req) : crypto_aead_encrypt(c->req);
}

/* Seal each, or seal and open each.  Return: ticks, or a negative error. */
static s64 cipher_loop(struct cipher *c, bool both)
{
	unsigned int i = 0, n;
	u64 start;
	int err = 0;

	bench_mark_start();
	start = bench_ticks();
	while (i < c->args->count && !err) {
		local_bh_disable();
		for (n = min_t(unsigned int, CIPHER_BURST, c->args->count - i);
		     n && !err; n--, i++) {
			err = cipher_once(c, false);
			if (both && !err)
				err = cipher_once(c, true);
		}
		local_bh_enable();
		cond_resched();
	}
	start = bench_ticks() - start;
	bench_mark_stop();
	return err ?: (s64)start;
}

static int cipher_run(struct cipher *c, char *out, size_t size)
{
	s64 seal, both;

	seal = cipher_loop(c, false);	/* everything is in place after it */
	if (seal >= 0)
		seal = cipher_loop(c, false);
	if (seal < 0)
		return seal;
	both = cipher_loop(c, true);
	if (both < 0)
		return both;
	snprintf(out, size, "driver=%s seal=%lld open=%lld count=%u",
		 crypto_tfm_alg_driver_name(crypto_aead_tfm(c->tfm)), seal,
		 both - seal, c->args->count);
	return 0;
}

int bench_cipher(const struct bench_args *args, char *out, size_t size)
{
	struct cipher c = { .args = args };
	unsigned int len = args->aad + args->size + args->icv;
	u8 key[64], *text = NULL;
	int err = -EINVAL;

	if (args->key > sizeof(key) || len > 65536)
		return -EINVAL;
	/* mask 0, as the tunnels ask for it */
	c.tfm = crypto_alloc_aead(args->alg, 0, 0);
	if (IS_ERR(c.tfm))
		return PTR_ERR(c.tfm);
	get_random_bytes(key, sizeof(key));
	if (crypto_aead_setkey(c.tfm, key, args->key) ||
	    crypto_aead_setauthsize(c.tfm, args->icv))
		goto out;
	err = -ENOMEM;
	text = kzalloc(len, GFP_KERNEL);
	c.req = aead_request_alloc(c.tfm, GFP_KERNEL);
	if (text && c.req) {
		sg_init_one(&c.sg, text, len);
		err = cipher_run(&c, out, size);
	}
out:
	if (c.req)
		aead_request_free(c.req);
	kfree(text);
	crypto_free_aead(c.tfm);
	return err;
}
