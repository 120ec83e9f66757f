/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * if_ipsec.h - the kernel interface of the ipsec module.
 *
 * An ipsecN network interface is made, changed and removed with rtnetlink
 * (kind "ipsec"); its peers and security associations (SAs) with the generic
 * netlink family "ipsec", version 1.  This header is the manual of both.
 *
 *
 * RTNETLINK
 * =========
 * RTM_NEWLINK, IFLA_INFO_KIND "ipsec", IFLA_INFO_DATA may hold
 *
 *   IFLA_IPSEC_LINK    u32  ifindex of the underlay device, in the namespace of
 *                           the request; 0 = any (default).  ESP leaves through
 *                           this device only.
 *   IFLA_IPSEC_FWMARK  u32  mark put on the outgoing ESP packets and used for
 *                           their route lookup; 0 = none (default).
 *   IFLA_IPSEC_MTU_AUTO flag  follow the peers again after an MTU set by hand
 *   IFLA_IPSEC_DF      u8   enum ifipsec_df: "don't fragment" of outer IPv4
 *                           headers; default: as the inner header has it
 *   IFLA_IPSEC_DSCP    u8   DSCP of outer headers, 0..63; 255 = that of the
 *                           inner header (default)
 *   IFLA_IPSEC_DECAP_DSCP u8  1: a received packet gets the DSCP of its outer
 *                           header; 0: it keeps its own (default).  RFC 2983
 *   IFLA_IPSEC_TTL     u8   TTL or hop limit of outer headers; 0 = that of the
 *                           route (default)
 *   IFLA_IPSEC_FLOWLABEL u32  flow label of outer IPv6 headers, 0..0xfffff
 *                           (default 0); 0x80000000 = one for each inner flow
 *   IFLA_IPSEC_SPREAD  u8   1: CPUs share the encryption and decryption of busy
 *                           peers (default); 0: each packet is processed by
 *                           the CPU that has it
 *
 * The namespace of the request is the underlay of the interface for its whole
 * life: the routes, the peers and the SAs stay there when the interface itself
 * moves.  The options can be changed later (RTM_NEWLINK on the interface).
 * Without an explicit MTU the interface follows the smallest usable MTU of its
 * peers; setting one by hand ends that.
 *
 *
 * GENERIC NETLINK
 * ===============
 * All commands, and to join a multicast group, need CAP_NET_ADMIN in the user namespace
 * that owns the network namespace of the socket.  Only objects whose underlay is that namespace are
 * seen.  Validation is strict: an unknown attribute or flag is an error, every
 * error carries a sentence (NLMSGERR_ATTR_MSG), and a refused request has
 * changed nothing.
 *
 * An interface is named by IFIPSEC_A_IFNAME; when several interfaces with one
 * underlay have that name in different namespaces, IFIPSEC_A_NETNSID (the id
 * that the socket's namespace has for the other one) says which.
 *
 * Addresses are binary, 4 or 16 bytes, network byte order; the length is the
 * family.  SPIs are big endian; all other numbers are in host byte order.
 *
 * IFIPSEC_CMD_DEV_GET     IFNAME [NETNSID], or a dump of all
 *     -> IFNAME, IFINDEX, [NETNSID], DEV { LINK, FWMARK, MTU, MTU_AUTO,
 *        OPERSTATE, PEERS, SAS, STATS, DF, DSCP, DECAP_DSCP, TTL, FLOWLABEL,
 *        SPREAD }
 *
 * IFIPSEC_CMD_PEER_NEW    IFNAME [NETNSID] PEER { NAME, REMOTE, [LOCAL],
 *                         [SELECTORS], [PROTECT], [ENCAP_LOCAL, ENCAP_REMOTE],
 *                         [KEEPALIVE] }
 *     Makes a peer.  Without SELECTORS it gets 0.0.0.0/0 and ::/0.
 *     EEXIST: the name or a selector is taken.
 *
 * IFIPSEC_CMD_PEER_SET    IFNAME [NETNSID] PEER { NAME, [REMOTE], [LOCAL],
 *                         [SELECTORS], [PROTECT], [ENCAP_LOCAL, ENCAP_REMOTE],
 *                         [KEEPALIVE] }
 *     Changes what is given, all of it or nothing.  A LOCAL of zero length
 *     removes the local address.  SELECTORS replaces the whole list.
 *
 *     With ENCAP_LOCAL and ENCAP_REMOTE (UDP ports, both or neither, 0 and 0: no
 *     more) ESP is sent in UDP (RFC 3948).  To receive it, some process must hold a
 *     UDP socket on the local port with the option UDP_ENCAP_ESPINUDP, as IKE
 *     daemons do.  ESP is received with and without UDP, whatever is sent.
 *     KEEPALIVE: after so many seconds in which nothing was sent, one byte in UDP
 *     is, so that a NAT does not forget us; 0 = never (default).
 *
 * IFIPSEC_CMD_PEER_GET    IFNAME [NETNSID] PEER { NAME }, or a dump,
 *                         optionally of one IFNAME
 *     -> IFNAME, IFINDEX, [NETNSID], PEER { NAME, REMOTE, [LOCAL], SELECTORS,
 *        MTU, [TX_SPI], RX_SAS, PROTECT, [TX_AH_SPI], [ENCAP_LOCAL,
 *        ENCAP_REMOTE], KEEPALIVE, HELD }
 *
 * IFIPSEC_CMD_PEER_DEL    IFNAME [NETNSID] PEER { NAME }
 *     Removes the peer and its SAs.
 *
 * IFIPSEC_CMD_SA_NEW      IFNAME [NETNSID] PEER { NAME } SA { DIR, SPI,
 *                         [PROTO], [MODE], [ENCR], [KEY], [AUTH], [AUTH_KEY],
 *                         [FLAGS], [REPLAY_WINDOW], [SEQ], [LIFE], [TFC] }
 *     DIR IN: adds an SA that the peer may send on.  The SPI must be free in
 *     the namespace, or reserved for this peer.  DIR OUT: makes the SA that is
 *     sent on; EEXIST if the peer has one of that protocol already.  ESP needs
 *     ENCR and KEY, and AUTH and AUTH_KEY where the cipher has no integrity of
 *     its own; AH needs AUTH and AUTH_KEY.  The keys are write-only and are wiped
 *     from the message.
 *     Algorithms that are broken or too weak, and encryption without
 *     integrity, need IFIPSEC_SA_F_INSECURE.
 *     LIFE: when a soft limit is met there is an event; a hard limit is never
 *     exceeded: there is an event, and the SA sends and receives nothing more.
 *     It stays until it is removed.
 *     TFC (OUT, ESP, tunnel mode): traffic flow confidentiality (RFC 4303 2.7).
 *     Inner packets that are shorter are followed by zeros up to that length, or
 *     up to what the path to the peer lets through whole, if that is less.
 *
 * IFIPSEC_CMD_SA_REPLACE  as SA_NEW, DIR OUT
 *     Makes the SA that is sent on, in place of the one that the peer may have.
 *     The swap is atomic: no packet finds the peer without an SA.
 *
 * IFIPSEC_CMD_SA_SET      IFNAME [NETNSID] PEER { NAME } SA { DIR, SPI,
 *                         [PROTO], SEQ }
 *     Moves the sequence number forward (never back: nonces would repeat).
 *
 * IFIPSEC_CMD_SA_GET      IFNAME [NETNSID] PEER { NAME } SA { DIR, SPI,
 *                         [PROTO] }, or a dump, optionally of one IFNAME
 *     -> IFNAME, IFINDEX, [NETNSID], PEER { NAME }, SA { everything but KEY,
 *        KEY_BITS, DRIVER, STATS }
 *
 * IFIPSEC_CMD_SA_DEL      IFNAME [NETNSID] PEER { NAME } SA { DIR, SPI,
 *                         [PROTO] }
 *     Removes the SA, or with DIR IN gives back an SPI that the peer reserved.
 *
 * IFIPSEC_CMD_SPI_ALLOC   IFNAME [NETNSID] PEER { NAME }
 *                         [SA { [PROTO], [SPI_MIN, SPI_MAX] }]
 *     -> IFNAME, IFINDEX, [NETNSID], PEER { NAME }, SA { DIR, SPI, PROTO,
 *        RESERVED }
 *     Reserves an SPI for an inbound SA to come, so that the other side can be
 *     told before there are keys: a random one that no inbound SA and no other
 *     reservation of the namespace has, of SPI_MIN..SPI_MAX (both or neither;
 *     default 256..0xffffffff).  SPIs of the kernel's own IPsec are not looked
 *     at; where both are in use, give each its range.
 *     The SPI is the peer's for RESERVED seconds: SA_NEW, DIR IN, of this peer
 *     takes it; of any other peer it is refused with EBUSY.  The reservation ends
 *     with that SA, with its time, with SA_DEL or FLUSH, and with the peer.  It is
 *     no SA: no dump, no event and no counter of SAs shows it, and packets with
 *     that SPI are handed on like all unknown ones.  It counts towards
 *     IFIPSEC_SAS_MAX.  The peer need not be protected with PROTO: that may be
 *     part of what is negotiated.
 *     ENOSPC: the whole range is in use, or there are IFIPSEC_SAS_MAX.
 *
 * IFIPSEC_CMD_SA_DUMMY    IFNAME [NETNSID] PEER { NAME } [DUMMY { [COUNT], [LEN] }]
 *     Sends packets that the peer discards (next header 59, RFC 4303 2.6) on the
 *     SAs that the peer is sent on, as any other packet: they use sequence numbers,
 *     count against LIFE with their length, and are padded up to TFC.  LEN is of
 *     what ESP protects: zeros, in transport mode behind an IP header.  What was
 *     sent is counted as tx_dummy, not as packets; what is dropped on the way is
 *     counted as that of other packets, and is no error of the command.
 *     EMSGSIZE: longer than the path lets through whole.  EKEYEXPIRED: a hard limit
 *     is met.  ENOENT: there is no SA.  EOPNOTSUPP: the peer has AH alone.
 *
 * IFIPSEC_CMD_FLUSH       [IFNAME [NETNSID]] FLUSH (u32, enum ifipsec_flush)
 *     Removes all SAs, or all peers with their SAs, of one interface or of the
 *     whole namespace; reserved SPIs with them.
 *
 * IFIPSEC_CMD_ALG_GET     dump
 *     -> ALG { ENCR or AUTH, NAME, KEY_BITS (several), SALT_BITS, IV_LEN,
 *        ICV_LEN, FLAGS, DRIVER (absent: the kernel does not offer it) }
 *
 * Dumps: every message of one dump comes from one version of the tables, or the
 * last carries NLM_F_DUMP_INTR and the dump should be repeated.
 *
 * Multicast group "events": each _NTF command carries what the matching _GET
 * answers, at the moment of the event.  SA_EXPIRE_NTF says with EXPIRE which
 * limit was met.  A listener that is too slow sees ENOBUFS and should dump.
 *
 * SA_MAPPING_NTF: an authentic packet came from another address or UDP port than
 * the peer's; MAPPING { ADDR, PORT } says which.  At most one a second for each SA.
 * The peer stays where it is: to follow is a decision of the key daemon.
 *
 * While somebody listens to the group "keys", which is joined by a key daemon only,
 * packets for a peer without SA are held (up to 64 packets, 262144 bytes and 30 seconds
 * for each peer) and sent, in order, when the SA is there; else they are dropped.
 * PEER_ACQUIRE_NTF, to both groups: one is held; ACQUIRE { SRC, DST, PROTO } says which.
 * At most one a second for each peer.
 *
 * DROP_NTF: packets were dropped (enum ifipsec_drop), while somebody listens to the
 * group "audit".  [IFNAME, IFINDEX, [NETNSID]],
 * [PEER { NAME }], DROP { REASON, COUNT, TIME, DIR, [PROTO, SPI], [SEQ], [OUTER_SRC],
 * [OUTER_DST], [INNER_SRC, INNER_DST, INNER_PROTO], [FLOWLABEL] }: what is known of the
 * packet where it is dropped.  An inbound packet with an SPI that nobody has, neither
 * this module nor the kernel's own IPsec, has UNKNOWN_SPI in place of REASON and no
 * interface: it is handed on to the kernel and counted there.  (One for an SA of the
 * kernel that is bound to a mark, as those of vti devices are, looks like that too.)
 *
 * Of each reason there are IFIPSEC_AUDIT_RATE events a second in a namespace, after a
 * burst of IFIPSEC_AUDIT_BURST.  COUNT says for how many packets an event stands: its
 * own, and all of the same reason that were left out before, whatever interface they
 * were of.  When no other event has told of those for a second, a summary does, with
 * REASON or UNKNOWN_SPI, COUNT and TIME alone.  So the sum of COUNT is exact.
 */
#ifndef _UAPI_LINUX_IF_IPSEC_H
#define _UAPI_LINUX_IF_IPSEC_H

#define IFIPSEC_GENL_NAME	"ipsec"
#define IFIPSEC_GENL_VERSION	1
#define IFIPSEC_MCGRP_EVENTS	"events"
#define IFIPSEC_MCGRP_KEYS	"keys"	/* PEER_ACQUIRE_NTF, for key daemons */
#define IFIPSEC_MCGRP_AUDIT	"audit"	/* DROP_NTF */

/* Limits */
#define IFIPSEC_PEER_NAME_MAX	31	/* bytes; [A-Za-z0-9][A-Za-z0-9._:-]* */
#define IFIPSEC_SELECTORS_MAX	256	/* of one peer */
#define IFIPSEC_SPI_MIN		256	/* RFC 4303 2.1: 0..255 are reserved */
#define IFIPSEC_KEY_MAX		128	/* bytes, salt included */
#define IFIPSEC_REPLAY_WINDOW_MIN	32
#define IFIPSEC_REPLAY_WINDOW_MAX	8192
#define IFIPSEC_REPLAY_WINDOW_DEFAULT	1024
#define IFIPSEC_SAS_MAX		65536	/* in one namespace, with reserved SPIs */
#define IFIPSEC_SPI_SECONDS	30	/* an SPI is reserved for so long */
#define IFIPSEC_HOLD_PACKETS	64	/* for one peer */
#define IFIPSEC_HOLD_BYTES	262144
#define IFIPSEC_HOLD_SECONDS	30
#define IFIPSEC_AUDIT_RATE	10	/* DROP_NTF a second, of one reason */
#define IFIPSEC_AUDIT_BURST	50	/* that many at once */
#define IFIPSEC_TFC_MAX		65535	/* bytes */
#define IFIPSEC_DUMMY_COUNT_MAX	1000	/* of one request */
#define IFIPSEC_DUMMY_LEN_DEFAULT	64	/* bytes */

/* IFLA_INFO_DATA of kind "ipsec" */
enum {
	IFLA_IPSEC_UNSPEC,
	IFLA_IPSEC_LINK,
	IFLA_IPSEC_FWMARK,
	IFLA_IPSEC_MTU_AUTO,
	IFLA_IPSEC_DF,
	IFLA_IPSEC_DSCP,
	IFLA_IPSEC_DECAP_DSCP,
	IFLA_IPSEC_TTL,
	IFLA_IPSEC_FLOWLABEL,
	IFLA_IPSEC_SPREAD,
	__IFLA_IPSEC_MAX
};

#define IFLA_IPSEC_MAX (__IFLA_IPSEC_MAX - 1)

/* RFC 4301 8.1: DF of the outer IPv4 header; all three must be there */
enum ifipsec_df {
	IFIPSEC_DF_COPY,	/* of the inner header; set when that is IPv6 */
	IFIPSEC_DF_SET,		/* what may be fragmented is, before encryption */
	IFIPSEC_DF_CLEAR,
};

#define IFIPSEC_DSCP_COPY	255
#define IFIPSEC_FLOWLABEL_AUTO	0x80000000U

enum ifipsec_cmd {
	IFIPSEC_CMD_UNSPEC,
	IFIPSEC_CMD_DEV_GET,
	IFIPSEC_CMD_DEV_NEW_NTF,
	IFIPSEC_CMD_DEV_SET_NTF,	/* link, fwmark, MTU or operstate */
	IFIPSEC_CMD_DEV_DEL_NTF,
	IFIPSEC_CMD_PEER_NEW,
	IFIPSEC_CMD_PEER_SET,
	IFIPSEC_CMD_PEER_GET,
	IFIPSEC_CMD_PEER_DEL,
	IFIPSEC_CMD_PEER_NEW_NTF,
	IFIPSEC_CMD_PEER_SET_NTF,
	IFIPSEC_CMD_PEER_DEL_NTF,
	IFIPSEC_CMD_SA_NEW,
	IFIPSEC_CMD_SA_REPLACE,
	IFIPSEC_CMD_SA_SET,
	IFIPSEC_CMD_SA_GET,
	IFIPSEC_CMD_SA_DEL,
	IFIPSEC_CMD_SA_NEW_NTF,
	IFIPSEC_CMD_SA_DEL_NTF,
	IFIPSEC_CMD_SA_EXPIRE_NTF,
	IFIPSEC_CMD_FLUSH,
	IFIPSEC_CMD_ALG_GET,
	IFIPSEC_CMD_PEER_ACQUIRE_NTF,
	IFIPSEC_CMD_SA_MAPPING_NTF,
	IFIPSEC_CMD_SPI_ALLOC,
	IFIPSEC_CMD_DROP_NTF,
	IFIPSEC_CMD_SA_DUMMY,
	__IFIPSEC_CMD_MAX
};

#define IFIPSEC_CMD_MAX (__IFIPSEC_CMD_MAX - 1)

/* Attributes of every message */
enum ifipsec_attr {
	IFIPSEC_A_UNSPEC,
	IFIPSEC_A_IFNAME,	/* string: name of the interface */
	IFIPSEC_A_IFINDEX,	/* u32, replies: its index, where it lives */
	IFIPSEC_A_NETNSID,	/* s32: namespace it lives in, if another */
	IFIPSEC_A_DEV,		/* nest of enum ifipsec_dev_attr */
	IFIPSEC_A_PEER,		/* nest of enum ifipsec_peer_attr */
	IFIPSEC_A_SA,		/* nest of enum ifipsec_sa_attr */
	IFIPSEC_A_ALG,		/* nest of enum ifipsec_alg_attr */
	IFIPSEC_A_FLUSH,	/* u32: enum ifipsec_flush */
	IFIPSEC_A_EXPIRE,	/* u32: enum ifipsec_expire */
	IFIPSEC_A_PAD,
	IFIPSEC_A_ACQUIRE,	/* nest of enum ifipsec_acquire_attr */
	IFIPSEC_A_MAPPING,	/* nest of enum ifipsec_mapping_attr */
	IFIPSEC_A_DROP,		/* nest of enum ifipsec_drop_attr */
	IFIPSEC_A_DUMMY,	/* nest of enum ifipsec_dummy_attr */
	__IFIPSEC_A_MAX
};

#define IFIPSEC_A_MAX (__IFIPSEC_A_MAX - 1)

enum ifipsec_dev_attr {
	IFIPSEC_DEV_A_UNSPEC,
	IFIPSEC_DEV_A_LINK,		/* u32: ifindex, 0 = any */
	IFIPSEC_DEV_A_FWMARK,		/* u32 */
	IFIPSEC_DEV_A_MTU,		/* u32: bytes */
	IFIPSEC_DEV_A_MTU_AUTO,		/* flag: the MTU follows the peers */
	IFIPSEC_DEV_A_OPERSTATE,	/* u8: IF_OPER_*, RFC 2863 */
	IFIPSEC_DEV_A_PEERS,		/* u32: how many */
	IFIPSEC_DEV_A_SAS,		/* u32: how many */
	IFIPSEC_DEV_A_STATS,		/* nest of enum ifipsec_stats_attr */
	IFIPSEC_DEV_A_DF,		/* u8: enum ifipsec_df */
	IFIPSEC_DEV_A_DSCP,		/* u8: 0..63, 255 = copied */
	IFIPSEC_DEV_A_DECAP_DSCP,	/* u8: 0 or 1 */
	IFIPSEC_DEV_A_TTL,		/* u8: 0 = of the route */
	IFIPSEC_DEV_A_FLOWLABEL,	/* u32 */
	IFIPSEC_DEV_A_SPREAD,		/* u8: 0 or 1 */
	__IFIPSEC_DEV_A_MAX
};

#define IFIPSEC_DEV_A_MAX (__IFIPSEC_DEV_A_MAX - 1)

enum ifipsec_peer_attr {
	IFIPSEC_PEER_A_UNSPEC,
	IFIPSEC_PEER_A_NAME,		/* string */
	IFIPSEC_PEER_A_REMOTE,		/* 4 or 16 bytes: outer address */
	IFIPSEC_PEER_A_LOCAL,		/* 4 or 16 bytes: outer address */
	IFIPSEC_PEER_A_SELECTORS,	/* nest of IFIPSEC_SELECTORS_A_ITEM */
	IFIPSEC_PEER_A_MTU,		/* u32, replies: largest inner packet */
	IFIPSEC_PEER_A_TX_SPI,		/* be32, replies: SA in use */
	IFIPSEC_PEER_A_RX_SAS,		/* u32, replies: how many */
	IFIPSEC_PEER_A_PROTECT,		/* u8: enum ifipsec_protect */
	IFIPSEC_PEER_A_TX_AH_SPI,	/* be32, replies: AH SA in use */
	IFIPSEC_PEER_A_ENCAP_LOCAL,	/* u16: our UDP port */
	IFIPSEC_PEER_A_ENCAP_REMOTE,	/* u16: the peer's UDP port */
	IFIPSEC_PEER_A_KEEPALIVE,	/* u32: seconds, 0 = none */
	IFIPSEC_PEER_A_HELD,		/* u32, replies: packets that wait */
	__IFIPSEC_PEER_A_MAX
};

#define IFIPSEC_PEER_A_MAX (__IFIPSEC_PEER_A_MAX - 1)

/* What the traffic of a peer is protected with, both ways */
enum ifipsec_protect {
	IFIPSEC_PROTECT_ESP = 1,	/* the default */
	IFIPSEC_PROTECT_AH = 2,
	IFIPSEC_PROTECT_ESP_AH = 3,	/* ESP inside AH: neither alone will do */
};

enum ifipsec_selectors_attr {
	IFIPSEC_SELECTORS_A_UNSPEC,
	IFIPSEC_SELECTORS_A_ITEM,	/* nest of enum ifipsec_selector_attr */
	__IFIPSEC_SELECTORS_A_MAX
};

#define IFIPSEC_SELECTORS_A_MAX (__IFIPSEC_SELECTORS_A_MAX - 1)

/* A selector: inner addresses that are behind the peer (RFC 4301 4.4.1.1) */
enum ifipsec_selector_attr {
	IFIPSEC_SELECTOR_A_UNSPEC,
	IFIPSEC_SELECTOR_A_ADDR,	/* 4 or 16 bytes, host bits zero */
	IFIPSEC_SELECTOR_A_PREFIXLEN,	/* u8 */
	__IFIPSEC_SELECTOR_A_MAX
};

#define IFIPSEC_SELECTOR_A_MAX (__IFIPSEC_SELECTOR_A_MAX - 1)

enum ifipsec_sa_attr {
	IFIPSEC_SA_A_UNSPEC,
	IFIPSEC_SA_A_DIR,		/* u8: enum ifipsec_dir */
	IFIPSEC_SA_A_SPI,		/* be32, 256 or more */
	IFIPSEC_SA_A_PROTO,		/* u8: 50 = ESP (default), 51 = AH */
	IFIPSEC_SA_A_ENCR,		/* u16: enum ifipsec_encr */
	IFIPSEC_SA_A_KEY,		/* binary, write-only: key, then salt */
	IFIPSEC_SA_A_KEY_BITS,		/* u32, replies: without the salt */
	IFIPSEC_SA_A_FLAGS,		/* u32: IFIPSEC_SA_F_* */
	IFIPSEC_SA_A_REPLAY_WINDOW,	/* u32, IN: 0 = off, or 32..8192 */
	IFIPSEC_SA_A_SEQ,		/* u64: last number sent / highest seen */
	IFIPSEC_SA_A_DRIVER,		/* string, replies: kernel's cipher */
	IFIPSEC_SA_A_STATS,		/* nest of enum ifipsec_stats_attr */
	IFIPSEC_SA_A_PAD,
	IFIPSEC_SA_A_AUTH,		/* u16: enum ifipsec_auth */
	IFIPSEC_SA_A_AUTH_KEY,		/* binary, write-only: key, then salt */
	IFIPSEC_SA_A_MODE,		/* u8: enum ifipsec_mode */
	IFIPSEC_SA_A_LIFE,		/* nest of enum ifipsec_life_attr */
	IFIPSEC_SA_A_AGE,		/* u64, replies: seconds since it was made */
	IFIPSEC_SA_A_LIMITS_MET,	/* u32, replies: bit n: enum ifipsec_expire n */
	IFIPSEC_SA_A_SPI_MIN,		/* be32: of a range, 256 or more */
	IFIPSEC_SA_A_SPI_MAX,		/* be32: its end, included */
	IFIPSEC_SA_A_RESERVED,		/* u32, replies: for so many seconds */
	IFIPSEC_SA_A_TFC,		/* u32, OUT: pad to this length, 0: not */
	__IFIPSEC_SA_A_MAX
};

#define IFIPSEC_SA_A_MAX (__IFIPSEC_SA_A_MAX - 1)

/* Limits of an SA; 0, or absent: none.  Bytes are of the inner IP packets */
enum ifipsec_life_attr {
	IFIPSEC_LIFE_A_UNSPEC,
	IFIPSEC_LIFE_A_PAD,
	IFIPSEC_LIFE_A_SOFT_BYTES,	/* u64 */
	IFIPSEC_LIFE_A_HARD_BYTES,	/* u64 */
	IFIPSEC_LIFE_A_SOFT_PACKETS,	/* u64 */
	IFIPSEC_LIFE_A_HARD_PACKETS,	/* u64 */
	IFIPSEC_LIFE_A_SOFT_SECONDS,	/* u64, since the SA was made */
	IFIPSEC_LIFE_A_HARD_SECONDS,	/* u64 */
	__IFIPSEC_LIFE_A_MAX
};

#define IFIPSEC_LIFE_A_MAX (__IFIPSEC_LIFE_A_MAX - 1)

/*
 * Packets and bytes are of the inner IP packets, after GSO segmentation and
 * before GRO.  DROPS holds one u64 per reason that has moved, the attribute
 * type being 1 + enum ifipsec_drop.
 */
enum ifipsec_stats_attr {
	IFIPSEC_STATS_A_UNSPEC,
	IFIPSEC_STATS_A_PAD,
	IFIPSEC_STATS_A_RX_PACKETS,	/* u64 */
	IFIPSEC_STATS_A_RX_BYTES,	/* u64 */
	IFIPSEC_STATS_A_TX_PACKETS,	/* u64 */
	IFIPSEC_STATS_A_TX_BYTES,	/* u64 */
	IFIPSEC_STATS_A_DROPS,		/* nest */
	__IFIPSEC_STATS_A_MAX
};

#define IFIPSEC_STATS_A_MAX (__IFIPSEC_STATS_A_MAX - 1)

/* The first packet that is held */
enum ifipsec_acquire_attr {
	IFIPSEC_ACQUIRE_A_UNSPEC,
	IFIPSEC_ACQUIRE_A_SRC,		/* 4 or 16 bytes */
	IFIPSEC_ACQUIRE_A_DST,		/* 4 or 16 bytes */
	IFIPSEC_ACQUIRE_A_PROTO,	/* u8: of its payload */
	__IFIPSEC_ACQUIRE_A_MAX
};

#define IFIPSEC_ACQUIRE_A_MAX (__IFIPSEC_ACQUIRE_A_MAX - 1)

/* Where an authentic packet came from */
enum ifipsec_mapping_attr {
	IFIPSEC_MAPPING_A_UNSPEC,
	IFIPSEC_MAPPING_A_ADDR,		/* 4 or 16 bytes: outer source address */
	IFIPSEC_MAPPING_A_PORT,		/* u16: UDP source port, 0: not in UDP */
	__IFIPSEC_MAPPING_A_MAX
};

#define IFIPSEC_MAPPING_A_MAX (__IFIPSEC_MAPPING_A_MAX - 1)

/* Packets that were dropped; of the last of them, what is known */
enum ifipsec_drop_attr {
	IFIPSEC_DROP_A_UNSPEC,
	IFIPSEC_DROP_A_PAD,
	IFIPSEC_DROP_A_REASON,		/* u32: enum ifipsec_drop */
	IFIPSEC_DROP_A_UNKNOWN_SPI,	/* flag: no drop, nobody has the SPI */
	IFIPSEC_DROP_A_COUNT,		/* u32: packets since the last event */
	IFIPSEC_DROP_A_TIME,		/* u64: ns since 1970, UTC */
	IFIPSEC_DROP_A_DIR,		/* u8: enum ifipsec_dir */
	IFIPSEC_DROP_A_PROTO,		/* u8: 50 = ESP, 51 = AH */
	IFIPSEC_DROP_A_SPI,		/* be32 */
	IFIPSEC_DROP_A_SEQ,		/* u64: with ESN as reconstructed */
	IFIPSEC_DROP_A_OUTER_SRC,	/* 4 or 16 bytes; OUT: the peer's LOCAL */
	IFIPSEC_DROP_A_OUTER_DST,	/* 4 or 16 bytes; OUT: the peer's REMOTE */
	IFIPSEC_DROP_A_INNER_SRC,	/* 4 or 16 bytes */
	IFIPSEC_DROP_A_INNER_DST,	/* 4 or 16 bytes */
	IFIPSEC_DROP_A_INNER_PROTO,	/* u8: of its payload */
	IFIPSEC_DROP_A_FLOWLABEL,	/* u32: IN: of the outer IPv6 header,
					 * OUT: of the inner one
					 */
	__IFIPSEC_DROP_A_MAX
};

#define IFIPSEC_DROP_A_MAX (__IFIPSEC_DROP_A_MAX - 1)

/* Which dummy packets to send */
enum ifipsec_dummy_attr {
	IFIPSEC_DUMMY_A_UNSPEC,
	IFIPSEC_DUMMY_A_COUNT,		/* u32: 1 (default) .. 1000 */
	IFIPSEC_DUMMY_A_LEN,		/* u32: bytes, default 64 */
	__IFIPSEC_DUMMY_A_MAX
};

#define IFIPSEC_DUMMY_A_MAX (__IFIPSEC_DUMMY_A_MAX - 1)

enum ifipsec_alg_attr {
	IFIPSEC_ALG_A_UNSPEC,
	IFIPSEC_ALG_A_ENCR,		/* u16: enum ifipsec_encr */
	IFIPSEC_ALG_A_NAME,		/* string: "aes-gcm-16" */
	IFIPSEC_ALG_A_KEY_BITS,		/* u32, once per size, without salt */
	IFIPSEC_ALG_A_SALT_BITS,	/* u32 */
	IFIPSEC_ALG_A_IV_LEN,		/* u32: bytes on the wire */
	IFIPSEC_ALG_A_ICV_LEN,		/* u32: bytes on the wire */
	IFIPSEC_ALG_A_DRIVER,		/* string: implementation in use */
	IFIPSEC_ALG_A_AUTH,		/* u16: enum ifipsec_auth */
	IFIPSEC_ALG_A_FLAGS,		/* u32: IFIPSEC_ALG_F_* */
	__IFIPSEC_ALG_A_MAX
};

#define IFIPSEC_ALG_F_INSECURE	(1U << 0)	/* needs IFIPSEC_SA_F_INSECURE */
#define IFIPSEC_ALG_F_NEEDS_AUTH (1U << 1)	/* a cipher without integrity */
#define IFIPSEC_ALG_F_AH_ONLY	(1U << 2)

#define IFIPSEC_ALG_A_MAX (__IFIPSEC_ALG_A_MAX - 1)

enum ifipsec_dir {
	IFIPSEC_DIR_IN = 1,
	IFIPSEC_DIR_OUT = 2,
};

/* RFC 4301 3.2: what the SA protects */
enum ifipsec_mode {
	IFIPSEC_MODE_TUNNEL = 1,	/* whole IP packets (default) */
	IFIPSEC_MODE_TRANSPORT = 2,	/* what follows the header of packets
					 * between the outer addresses
					 */
};

/* IANA "IKEv2 Transform Type 1": the numbers an IKE daemon negotiates */
enum ifipsec_encr {
	IFIPSEC_ENCR_3DES = 3,			/* RFC 2451; insecure */
	IFIPSEC_ENCR_NULL = 11,			/* RFC 2410 */
	IFIPSEC_ENCR_AES_CBC = 12,		/* RFC 3602; 128/192/256 */
	IFIPSEC_ENCR_AES_CTR = 13,		/* RFC 3686; 128/192/256 */
	IFIPSEC_ENCR_AES_CCM_8 = 14,		/* RFC 4309; 128/192/256 */
	IFIPSEC_ENCR_AES_CCM_12 = 15,
	IFIPSEC_ENCR_AES_CCM_16 = 16,
	IFIPSEC_ENCR_AES_GCM_8 = 18,		/* RFC 4106; 128/192/256 */
	IFIPSEC_ENCR_AES_GCM_12 = 19,
	IFIPSEC_ENCR_AES_GCM_16 = 20,
	IFIPSEC_ENCR_NULL_AES_GMAC = 21,	/* RFC 4543; 128/192/256 */
	IFIPSEC_ENCR_CAMELLIA_CBC = 23,		/* RFC 5529; 128/192/256 */
	IFIPSEC_ENCR_CHACHA20_POLY1305 = 28,	/* RFC 7634; 256 */
};

/* IANA "IKEv2 Transform Type 3" */
enum ifipsec_auth {
	IFIPSEC_AUTH_NONE = 0,
	IFIPSEC_AUTH_HMAC_MD5_96 = 1,		/* RFC 2403; insecure */
	IFIPSEC_AUTH_HMAC_SHA1_96 = 2,		/* RFC 2404; insecure */
	IFIPSEC_AUTH_AES_XCBC_96 = 5,		/* RFC 3566 */
	IFIPSEC_AUTH_AES_CMAC_96 = 8,		/* RFC 4494 */
	IFIPSEC_AUTH_AES_128_GMAC = 9,		/* RFC 4543; AH only */
	IFIPSEC_AUTH_AES_192_GMAC = 10,
	IFIPSEC_AUTH_AES_256_GMAC = 11,
	IFIPSEC_AUTH_HMAC_SHA2_256_128 = 12,	/* RFC 4868 */
	IFIPSEC_AUTH_HMAC_SHA2_384_192 = 13,
	IFIPSEC_AUTH_HMAC_SHA2_512_256 = 14,
	/* private use: as Linux and others did before they read RFC 4868 */
	IFIPSEC_AUTH_HMAC_SHA2_256_96 = 1036,
};

#define IFIPSEC_SA_F_ESN	(1U << 0)	/* 64-bit sequence numbers */
#define IFIPSEC_SA_F_INSECURE	(1U << 1)	/* I know what I do */
#define IFIPSEC_SA_F_AH_ALIGN8	(1U << 2)	/* IPv4 AH: pad the ICV to 8 bytes, as
						 * Linux does without "align4"
						 */

enum ifipsec_flush {
	IFIPSEC_FLUSH_SAS = 1,
	IFIPSEC_FLUSH_PEERS = 2,
};

enum ifipsec_expire {
	IFIPSEC_EXPIRE_SEQ_SOFT = 1,	/* 3/4 of the numbers are used */
	IFIPSEC_EXPIRE_SEQ_HARD = 2,	/* the last one is used */
	IFIPSEC_EXPIRE_BYTES_SOFT = 3,
	IFIPSEC_EXPIRE_BYTES_HARD = 4,
	IFIPSEC_EXPIRE_PACKETS_SOFT = 5,
	IFIPSEC_EXPIRE_PACKETS_HARD = 6,
	IFIPSEC_EXPIRE_SECONDS_SOFT = 7,
	IFIPSEC_EXPIRE_SECONDS_HARD = 8,
};

/*
 * Why a packet was dropped: _(NAME, name, standard counter, text).  The standard
 * counter is the field of struct rtnl_link_stats64 that moves as well ("none":
 * the packet is accounted elsewhere, or is no error).  Append only.
 */
#define IFIPSEC_DROPS(_)						       \
	_(RX_DEV_DOWN, rx_dev_down, rx_dropped,				       \
	  "the interface is administratively down")			       \
	_(RX_TOO_SHORT, rx_too_short, rx_errors,			       \
	  "too short to be an ESP packet of this SA")			       \
	_(RX_BAD_ALIGN, rx_bad_align, rx_errors,			       \
	  "encrypted part is not a multiple of the alignment")		       \
	_(RX_REPLAY_DUP, rx_replay_dup, rx_dropped,			       \
	  "sequence number was received before")			       \
	_(RX_REPLAY_OLD, rx_replay_old, rx_dropped,			       \
	  "sequence number is left of the replay window, or zero")	       \
	_(RX_AUTH_FAIL, rx_auth_fail, rx_errors,			       \
	  "integrity check failed: wrong key, damage or forgery")	       \
	_(RX_CRYPTO_ERR, rx_crypto_err, rx_errors,			       \
	  "the kernel's cipher returned an error")			       \
	_(RX_NOMEM, rx_nomem, rx_dropped,				       \
	  "out of memory")						       \
	_(RX_BAD_TRAILER, rx_bad_trailer, rx_errors,			       \
	  "authentic, but the pad length exceeds the packet")		       \
	_(RX_BAD_PAD, rx_bad_pad, rx_errors,				       \
	  "authentic, but the padding is not 1, 2, 3, ...")		       \
	_(RX_BAD_NEXTHDR, rx_bad_nexthdr, rx_errors,			       \
	  "authentic, but the next header is none that this SA carries")       \
	_(RX_BAD_INNER, rx_bad_inner, rx_errors,			       \
	  "authentic, but the inner IP header is malformed")		       \
	_(RX_DUMMY, rx_dummy, none,					       \
	  "dummy packet (next header 59), discarded as it should be")	       \
	_(RX_TS_MISMATCH, rx_ts_mismatch, rx_errors,			       \
	  "inner source address is outside the peer's selectors")	       \
	_(RX_ECN_DROP, rx_ecn_drop, rx_errors,				       \
	  "outer header says congestion, inner is not ECN-capable")	       \
	_(RX_BACKLOG, rx_backlog, none,					       \
	  "receive queue is full (net.core.netdev_max_backlog)")	       \
	_(TX_NOT_IP, tx_not_ip, tx_errors,				       \
	  "not an IP packet, or its header is malformed")		       \
	_(TX_NO_PEER, tx_no_peer, tx_dropped,				       \
	  "no peer has a selector for the destination")			       \
	_(TX_NO_SA, tx_no_sa, tx_dropped,				       \
	  "the peer has no SA to send on")				       \
	_(TX_SEQ_OVERFLOW, tx_seq_overflow, tx_errors,			       \
	  "all sequence numbers of the SA are used")			       \
	_(TX_NO_ROUTE, tx_no_route, tx_carrier_errors,			       \
	  "no route to the peer's outer address")			       \
	_(TX_LOOP, tx_loop, collisions,					       \
	  "the way to the peer leads back into the tunnel")		       \
	_(TX_TOO_BIG, tx_too_big, tx_errors,				       \
	  "larger than the tunnel's MTU; the sender was told")		       \
	_(TX_GSO_ERR, tx_gso_err, tx_errors,				       \
	  "the kernel could not segment an offloaded packet")		       \
	_(TX_NOMEM, tx_nomem, tx_dropped,				       \
	  "out of memory")						       \
	_(TX_CRYPTO_ERR, tx_crypto_err, tx_errors,			       \
	  "the kernel's cipher returned an error")			       \
	_(TX_OUTPUT, tx_output, tx_dropped,				       \
	  "the underlay dropped the encrypted packet")			       \
	_(RX_BAD_AH_HDR, rx_bad_ah_hdr, rx_errors,			       \
	  "the length in the AH header is not that of this SA")		       \
	_(RX_BAD_OPTS, rx_bad_opts, rx_errors,				       \
	  "malformed options or extension headers in front of AH")	       \
	_(RX_BUNDLE, rx_bundle, rx_errors,				       \
	  "only one of ESP and AH, and the peer needs both")		       \
	_(TX_TRANSPORT, tx_transport, tx_errors,			       \
	  "transport mode, and the addresses are not those of the peer")      \
	_(TX_FRAGMENT, tx_fragment, tx_errors,				       \
	  "transport mode, and a malformed fragment")			       \
	_(RX_SA_EXPIRED, rx_sa_expired, rx_dropped,			       \
	  "a hard limit of the SA is met")				       \
	_(TX_SA_EXPIRED, tx_sa_expired, tx_dropped,			       \
	  "a hard limit of the SA is met")				       \
	_(TX_HOLD_FULL, tx_hold_full, tx_dropped,			       \
	  "no SA yet, and too many packets wait for it")		       \
	_(TX_HOLD_TIMEOUT, tx_hold_timeout, tx_dropped,			       \
	  "no SA came while the packet was held")			       \
	_(TX_DUMMY, tx_dummy, none,					       \
	  "dummy packet (next header 59), sent on request")		       \
	_(TX_CPU_BACKLOG, tx_cpu_backlog, tx_dropped,			       \
	  "too many packets wait for a CPU to encrypt them")		       \
	_(RX_CPU_BACKLOG, rx_cpu_backlog, rx_dropped,			       \
	  "too many packets wait for a CPU to decrypt them")

#define _IFIPSEC_DROP_ENUM(NAME, name, counter, text) IFIPSEC_DROP_##NAME,

enum ifipsec_drop {
	IFIPSEC_DROPS(_IFIPSEC_DROP_ENUM)
	__IFIPSEC_DROP_MAX
};

#endif /* _UAPI_LINUX_IF_IPSEC_H */
