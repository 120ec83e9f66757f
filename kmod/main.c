// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - start and end of the module: every part in its order, nothing else.
 */
#include <linux/module.h>
#include "crypt.h"
#include "device.h"
#include "mtu.h"
#include "netlink.h"
#include "protocol.h"
#include "sa.h"
#include "spread.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

struct workqueue_struct *ipsec_wq;

static int __init ipsec_init(void)
{
	int err;

	err = ipsec_sa_init();
	if (err)
		return err;
	err = ipsec_crypt_init();
	if (err)
		goto err_exit_sa;
	err = ipsec_spread_init();
	if (err)
		goto err_exit_crypt;
	err = -ENOMEM;
	ipsec_wq = alloc_workqueue(IPSEC_KIND, WQ_UNBOUND, 0);
	if (!ipsec_wq)
		goto err_exit_spread;
	err = ipsec_device_init();
	if (err)
		goto err_destroy_wq;
	err = ipsec_mtu_init();
	if (err)
		goto err_exit_device;
	err = ipsec_protocol_init();
	if (err)
		goto err_exit_mtu;
	err = ipsec_netlink_init();
	if (err)
		goto err_exit_protocol;
	return 0;

	/* as ipsec_exit(): somebody may have made an interface meanwhile */
err_exit_protocol:
	ipsec_protocol_exit();
err_exit_mtu:
	ipsec_mtu_exit();
err_exit_device:
	ipsec_device_exit();
err_destroy_wq:
	rcu_barrier();
	destroy_workqueue(ipsec_wq);
err_exit_spread:
	ipsec_spread_exit();
err_exit_crypt:
	ipsec_crypt_exit();
err_exit_sa:
	ipsec_sa_exit();
	rcu_barrier();
	return err;
}

/*
 * No more requests; no more packets in; no more interfaces, each of which waits for
 * its SAs and their packets; then what RCU still has to free.
 */
static void __exit ipsec_exit(void)
{
	ipsec_netlink_exit();
	ipsec_protocol_exit();
	ipsec_mtu_exit();
	ipsec_device_exit();
	rcu_barrier();
	destroy_workqueue(ipsec_wq);
	ipsec_spread_exit();
	ipsec_crypt_exit();
	ipsec_sa_exit();
	/* what the last works have left to RCU */
	rcu_barrier();
}

module_init(ipsec_init);
module_exit(ipsec_exit);

MODULE_DESCRIPTION("Route-based IPsec tunnel interfaces");
MODULE_LICENSE("GPL");
MODULE_VERSION(IPSEC_VERSION);
