// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipsec_test_cipher.c - gcm(aes), and HMAC-SHA2-256 as AH has it, that fail when they are
 * told to, for crypto_faults.sh.
 *
 * They are preferred to all others, and do their work with the synchronous cipher that was
 * preferred before.  Their calls are counted down together: making a transform, setkey,
 * setauthsize, encrypt and decrypt.  One that fails later (defer) answers -EINPROGRESS
 * first, as those that do not fail do then; one in so many (early) not before it is over.
 */
#include <crypto/aead.h>
#include <crypto/internal/aead.h>
#include <linux/module.h>
#include <linux/workqueue.h>

static int fail_nth;
module_param(fail_nth, int, 0644);
MODULE_PARM_DESC(fail_nth, "the call that fails, counted down; 0: none");

static int fail_every;
module_param(fail_every, int, 0644);
MODULE_PARM_DESC(fail_every, "each such call fails; 0: none");

static int error = -EIO;
module_param(error, int, 0644);
MODULE_PARM_DESC(error, "with what they fail");

static int defer;
module_param(defer, int, 0644);
MODULE_PARM_DESC(defer, "who answers later: 1 encrypt, 2 decrypt, 3 both");

static int early;
module_param(early, int, 0644);
MODULE_PARM_DESC(early, "with defer, each such call is over on another CPU before it has answered; 0: none");

static unsigned int calls;
module_param(calls, uint, 0644);
MODULE_PARM_DESC(calls, "how many there were");

static DEFINE_SPINLOCK(count_lock);
static struct workqueue_struct *queue;

struct test_alg {
	struct aead_alg aead;
	char base[CRYPTO_MAX_ALG_NAME];	/* driver that does the work */
};

struct tfm_ctx {
	struct crypto_aead *child;
};

struct req_ctx {
	struct work_struct work;
	struct aead_request *req;
	bool decrypt;
	int err;			/* its fate, if it fails */
	bool *over;			/* somebody waits for it, or NULL */
	struct aead_request sub;	/* last: the child's context follows */
};

/* Is this the one?  Return: 0 or the error. */
static int count(void)
{
	int err = 0;

	spin_lock_bh(&count_lock);
	calls++;
	if (fail_nth && !--fail_nth)
		err = error;
	if (fail_every && calls % fail_every == 0)
		err = error;
	spin_unlock_bh(&count_lock);
	return err;
}

static int forward(struct aead_request *req, bool decrypt)
{
	struct tfm_ctx *ctx = crypto_aead_ctx(crypto_aead_reqtfm(req));
	struct aead_request *sub = &((struct req_ctx *)aead_request_ctx(req))->sub;

	aead_request_set_tfm(sub, ctx->child);
	aead_request_set_callback(sub, 0, NULL, NULL);
	aead_request_set_crypt(sub, req->src, req->dst, req->cryptlen, req->iv);
	aead_request_set_ad(sub, req->assoclen);
	return decrypt ? crypto_aead_decrypt(sub) : crypto_aead_encrypt(sub);
}

static void work_later(struct work_struct *work)
{
	struct req_ctx *rctx = container_of(work, struct req_ctx, work);
	bool *over = rctx->over;
	int err = rctx->err;

	local_bh_disable();
	if (!err)
		err = forward(rctx->req, rctx->decrypt);
	aead_request_complete(rctx->req, err);
	if (over)
		smp_store_release(over, true); /* of crypt()'s stack: the last touch */
	local_bh_enable();
}

/* Everything that is done later is done there, in its order */
static int later_cpu(void)
{
	return cpumask_last(cpu_online_mask);
}

static bool is_early(void)
{
	int nth = READ_ONCE(early);

	return nth && READ_ONCE(calls) % nth == 0 && smp_processor_id() != later_cpu();
}

static int crypt(struct aead_request *req, bool decrypt)
{
	struct req_ctx *rctx = aead_request_ctx(req);
	int err = count();
	bool over = false;
	bool wait;

	if (!(READ_ONCE(defer) & (decrypt ? 2 : 1)))
		return err ?: forward(req, decrypt);
	wait = is_early();
	rctx->req = req;
	rctx->decrypt = decrypt;
	rctx->err = err;
	rctx->over = wait ? &over : NULL;
	INIT_WORK(&rctx->work, work_later);
	queue_work_on(later_cpu(), queue, &rctx->work);
	/* pairs with work_later(): the request has been completed */
	while (wait && !smp_load_acquire(&over))
		cpu_relax();
	return -EINPROGRESS;
}

static int test_encrypt(struct aead_request *req)
{
	return crypt(req, false);
}

static int test_decrypt(struct aead_request *req)
{
	return crypt(req, true);
}

static int test_setkey(struct crypto_aead *tfm, const u8 *key, unsigned int len)
{
	struct tfm_ctx *ctx = crypto_aead_ctx(tfm);

	return count() ?: crypto_aead_setkey(ctx->child, key, len);
}

static int test_setauthsize(struct crypto_aead *tfm, unsigned int len)
{
	struct tfm_ctx *ctx = crypto_aead_ctx(tfm);

	return count() ?: crypto_aead_setauthsize(ctx->child, len);
}

static int test_init(struct crypto_aead *tfm)
{
	struct test_alg *alg = container_of(crypto_aead_alg(tfm), struct test_alg, aead);
	struct tfm_ctx *ctx = crypto_aead_ctx(tfm);
	int err = count();

	if (err)
		return err;
	ctx->child = crypto_alloc_aead(alg->base, 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(ctx->child))
		return PTR_ERR(ctx->child);
	crypto_aead_set_reqsize(tfm, sizeof(struct req_ctx) +
				crypto_aead_reqsize(ctx->child));
	return 0;
}

static void test_exit(struct crypto_aead *tfm)
{
	struct tfm_ctx *ctx = crypto_aead_ctx(tfm);

	crypto_free_aead(ctx->child);
}

#define TEST_ALG(name, driver, iv, icv) {				\
	.aead = {							\
		.setkey = test_setkey,					\
		.setauthsize = test_setauthsize,			\
		.encrypt = test_encrypt,				\
		.decrypt = test_decrypt,				\
		.init = test_init,					\
		.exit = test_exit,					\
		.ivsize = iv,						\
		.maxauthsize = icv,					\
		.base = {						\
			.cra_name = name,				\
			.cra_driver_name = driver,			\
			.cra_priority = 10000,				\
			.cra_flags = CRYPTO_ALG_ASYNC,			\
			.cra_blocksize = 1,				\
			.cra_ctxsize = sizeof(struct tfm_ctx),		\
			.cra_module = THIS_MODULE,			\
		},							\
	},								\
}

static struct test_alg algs[] = {
	TEST_ALG("gcm(aes)", "gcm-test", 12, 16),
	TEST_ALG("authenc(hmac(sha256),ecb(cipher_null))", "ah-test", 0, 32),
};

static int register_alg(struct test_alg *alg)
{
	struct crypto_aead *tfm;

	tfm = crypto_alloc_aead(alg->aead.base.cra_name, 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	strscpy(alg->base, crypto_tfm_alg_driver_name(crypto_aead_tfm(tfm)),
		sizeof(alg->base));
	crypto_free_aead(tfm);
	return crypto_register_aead(&alg->aead);
}

static int __init test_cipher_init(void)
{
	unsigned int n;
	int err = 0;

	queue = create_workqueue("ipsec_test_cipher");
	if (!queue)
		return -ENOMEM;
	for (n = 0; n < ARRAY_SIZE(algs) && !err; n++)
		err = register_alg(&algs[n]);
	if (!err)
		return 0;
	while (--n)
		crypto_unregister_aead(&algs[n - 1].aead);
	destroy_workqueue(queue);
	return err;
}

static void __exit test_cipher_exit(void)
{
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(algs); n++)
		crypto_unregister_aead(&algs[n].aead);
	destroy_workqueue(queue);
}

module_init(test_cipher_init);
module_exit(test_cipher_exit);
MODULE_DESCRIPTION("ciphers that fail when they are told to");
MODULE_LICENSE("GPL");
