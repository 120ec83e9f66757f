/* SPDX-License-Identifier: MIT */
/*
 * daemon.h - the daemon without its sockets: configurations, IKE SAs and the seams to
 * time, network and kernel.  Two of them in one process, messages passed by hand, are
 * how the exchanges are tested.
 *
 * Everything runs in one thread.  Nothing blocks but calls of the kernel seam.
 */
#ifndef IKED_DAEMON_H
#define IKED_DAEMON_H

#include "cert.h"
#include "config.h"
#include "counters.h"
#include "endpoint.h"
#include "kernel.h"
#include "timer.h"

#define HALF_OPEN_COOKIE	30	/* half-open IKE SAs, then cookies */
#define HALF_OPEN_PER_ADDR	3	/* from one address, then cookies */
#define HALF_OPEN_MAX		500	/* then nothing new is answered */
#define HALF_OPEN_MS		30000	/* so long may IKE_AUTH take to come */
#define CHILDREN_MAX		32	/* child SA pairs of one IKE SA */
#define PEER_IKE_SAS_MAX	16	/* of one peer, closed ones too; the oldest goes */
#define COOKIE_SECRET_LEN	32

#define IKE_SA_BUCKETS		4096

struct ike_sa;
struct peer;

/* A configured interface: its peers and what proves identities */
struct iface {
	struct iface *next;
	struct config *config;		/* owned */
	struct trust *trust;
	struct credentials creds;
	struct peer *peers;		/* list, of those that use IKE; peer.h */
};

/*
 * Sends one IKE message; the non-ESP marker is the network's affair: it is there when
 * the local port is not 500.
 */
typedef void (*daemon_send)(void *arg, const struct endpoint *local,
			    const struct endpoint *remote, struct bytes message);

struct daemon {
	struct timers timers;
	struct kernel *kernel;
	daemon_send send;
	void *send_arg;
	struct iface *ifaces;
	struct ike_sa *sas;		/* list; ike_sa.h walks it */
	struct ike_sa *half_open;	/* those that wait for IKE_AUTH to come */
	struct ike_sa *dead;		/* freed when nobody can look at them any more */
	struct ike_sa *by_spi[IKE_SA_BUCKETS];
	struct timer reap_timer;
	unsigned int n_sas, n_half_open;
	uint32_t serial;		/* of the last IKE or child SA that was made */
	struct ike_counters counters;
	uint8_t cookie_secret[2][COOKIE_SECRET_LEN];	/* now, and before */
	uint32_t cookie_version;
	struct timer cookie_timer;
	bool always_cookie;		/* for tests: threshold 0 */
	size_t fragment_mtu;		/* bytes of an IKE message, default 1232 */
	int64_t (*wall_clock)(void);	/* UNIX time, for certificates */
};

/* @send and @kernel must stay until daemon_free() */
void daemon_init(struct daemon *d, struct kernel *kernel, daemon_send send,
		 void *send_arg);
/* Says goodbye to all peers (delete) if @politely; kernel SAs are removed then */
void daemon_free(struct daemon *d, bool politely);

/*
 * Takes over a configuration, which becomes the daemon's: new peers start as they
 * should, unchanged ones keep their tunnels, others are closed.  Credentials are
 * loaded here.  0 or -errno with a sentence in @error; nothing has changed then.
 */
int daemon_put(struct daemon *d, struct config *config,
	       char error[static AUTH_ERROR_MAX]);
int daemon_del(struct daemon *d, const char *ifname);

/* A datagram without non-ESP marker */
void daemon_receive(struct daemon *d, const struct endpoint *local,
		    const struct endpoint *remote, struct bytes message);
/* What the kernel tells; set as its on_event */
void daemon_kernel_event(const struct kernel_event *event, void *daemon);

/* By the operator: "ipsecctl ike up|down|rekey".  0, -ENOENT, or -EALREADY */
int daemon_up(struct daemon *d, const char *ifname, const char *peer);
int daemon_down(struct daemon *d, const char *ifname, const char *peer);
int daemon_rekey(struct daemon *d, const char *ifname, const char *peer, bool ike);

/* The host's addresses or routes changed: IKE SAs whose address is gone start again */
void daemon_addresses_changed(struct daemon *d);

struct iface *daemon_iface(struct daemon *d, const char *ifname);
void daemon_count(struct daemon *d, enum ike_counter counter);

#endif /* IKED_DAEMON_H */
