// SPDX-License-Identifier: GPL-2.0-only
/*
 * hook.c - netfilter hooks of a namespace: from their first use to its end, so that
 * nobody else's packets pay for them.
 */
#include <linux/netfilter.h>
#include "encap.h"
#include "hook.h"
#include "icmp.h"
#include "ipsec.h"

static const struct {
	const struct nf_hook_ops *ops;
	unsigned int n;
} hooks[IPSEC_HOOKS] = {
	[IPSEC_HOOK_ENCAP]	= { ipsec_encap_hooks, ARRAY_SIZE(ipsec_encap_hooks) },
	[IPSEC_HOOK_AH_ERROR]	= { &ipsec_icmp_ah_hook, 1 },
};

int ipsec_hook_need(struct net *net, enum ipsec_hook what)
{
	struct ipsec_net *in = ipsec_net(net);
	int err;

	lockdep_assert_held(&in->lock);
	if (in->hooks & BIT(what))
		return 0;
	err = nf_register_net_hooks(net, hooks[what].ops, hooks[what].n);
	if (!err)
		in->hooks |= BIT(what);
	return err;
}

void ipsec_hook_stop(struct net *net)
{
	struct ipsec_net *in = ipsec_net(net);
	unsigned int i;

	mutex_lock(&in->lock);
	for (i = 0; i < IPSEC_HOOKS; i++)
		if (in->hooks & BIT(i))
			nf_unregister_net_hooks(net, hooks[i].ops, hooks[i].n);
	/* an interface elsewhere may still get a peer: not again */
	in->hooks = GENMASK(IPSEC_HOOKS - 1, 0);
	mutex_unlock(&in->lock);
}
