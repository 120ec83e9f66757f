/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat/crypto.h - the completion callback of a crypto request.
 *
 * Linux 6.3 ("crypto: api - Use data directly in completion
 * function") gave the callback its data pointer instead of the request.  Kbuild
 * looks at the typedef and defines IPSEC_COMPAT_CRYPTO_REQ_CALLBACK for the old form.
 */
#ifndef _IPSEC_COMPAT_CRYPTO_H
#define _IPSEC_COMPAT_CRYPTO_H

#include <linux/crypto.h>

#ifdef IPSEC_COMPAT_CRYPTO_REQ_CALLBACK
#define IPSEC_COMPAT_CRYPTO_CALLBACK(fn)				\
static void fn##_compat(struct crypto_async_request *req, int err)	\
{									\
	fn(req->data, err);						\
}									\
static_assert(1)
#define IPSEC_COMPAT_CRYPTO_CB(fn) fn##_compat
#else
#define IPSEC_COMPAT_CRYPTO_CALLBACK(fn) static_assert(1)
#define IPSEC_COMPAT_CRYPTO_CB(fn) fn
#endif

#endif /* _IPSEC_COMPAT_CRYPTO_H */
