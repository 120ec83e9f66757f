// SPDX-License-Identifier: MIT
/*
 * messages.c - messages as the kernel sends them.
 */
#include <arpa/inet.h>
#include <linux/if_ipsec.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "messages.h"

static struct nl_msg *begin_homeless(int cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(4096);

	genlmsg_put(msg, 0, 1, MESSAGES_FAMILY, 0, NLM_F_MULTI, cmd, 1);
	return msg;
}

static struct nl_msg *begin(int cmd)
{
	struct nl_msg *msg = begin_homeless(cmd);

	nla_put_string(msg, IFIPSEC_A_IFNAME, "ipsec0");
	nla_put_u32(msg, IFIPSEC_A_IFINDEX, 7);
	return msg;
}

static void put_stats(struct nl_msg *msg, int type)
{
	struct nlattr *stats = nla_nest_start(msg, type), *drops;

	nla_put_u64(msg, IFIPSEC_STATS_A_RX_PACKETS, 10);
	nla_put_u64(msg, IFIPSEC_STATS_A_RX_BYTES, 1536);
	nla_put_u64(msg, IFIPSEC_STATS_A_TX_PACKETS, 1);
	nla_put_u64(msg, IFIPSEC_STATS_A_TX_BYTES, 84);
	drops = nla_nest_start(msg, IFIPSEC_STATS_A_DROPS);
	nla_put_u64(msg, 1 + IFIPSEC_DROP_RX_DEV_DOWN, 0);
	nla_put_u64(msg, 1 + IFIPSEC_DROP_RX_AUTH_FAIL, 3);
	nla_put_u64(msg, 1 + 4000, 2);
	nla_nest_end(msg, drops);
	nla_nest_end(msg, stats);
}

struct nl_msg *message_dev(int cmd)
{
	struct nl_msg *msg = begin(cmd);
	struct nlattr *dev = nla_nest_start(msg, IFIPSEC_A_DEV);

	nla_put_u32(msg, IFIPSEC_DEV_A_LINK, 0x7fffffff);
	nla_put_u32(msg, IFIPSEC_DEV_A_FWMARK, 0x2a);
	nla_put_u32(msg, IFIPSEC_DEV_A_MTU, 1446);
	nla_put_flag(msg, IFIPSEC_DEV_A_MTU_AUTO);
	nla_put_u8(msg, IFIPSEC_DEV_A_OPERSTATE, 6);
	nla_put_u32(msg, IFIPSEC_DEV_A_PEERS, 1);
	nla_put_u32(msg, IFIPSEC_DEV_A_SAS, 2);
	nla_put_u8(msg, IFIPSEC_DEV_A_DF, IFIPSEC_DF_SET);
	nla_put_u8(msg, IFIPSEC_DEV_A_DSCP, 46);
	nla_put_u8(msg, IFIPSEC_DEV_A_DECAP_DSCP, 1);
	nla_put_u8(msg, IFIPSEC_DEV_A_TTL, 64);
	nla_put_u32(msg, IFIPSEC_DEV_A_FLOWLABEL, 0x12);
	nla_put_u8(msg, IFIPSEC_DEV_A_SPREAD, 1);
	put_stats(msg, IFIPSEC_DEV_A_STATS);
	nla_nest_end(msg, dev);
	return msg;
}

static void put_selector(struct nl_msg *msg, const void *addr, int len,
			 uint8_t bits)
{
	struct nlattr *item = nla_nest_start(msg, IFIPSEC_SELECTORS_A_ITEM);

	nla_put(msg, IFIPSEC_SELECTOR_A_ADDR, len, addr);
	nla_put_u8(msg, IFIPSEC_SELECTOR_A_PREFIXLEN, bits);
	nla_nest_end(msg, item);
}

static void put_peer(struct nl_msg *msg)
{
	static const uint8_t fd00[16] = { 0xfd };
	struct nlattr *peer = nla_nest_start(msg, IFIPSEC_A_PEER), *nest;

	nla_put_string(msg, IFIPSEC_PEER_A_NAME, "branch");
	nla_put(msg, IFIPSEC_PEER_A_REMOTE, 4, "\xc0\0\2\2");
	nla_put(msg, IFIPSEC_PEER_A_LOCAL, 4, "\xc0\0\2\1");
	nest = nla_nest_start(msg, IFIPSEC_PEER_A_SELECTORS);
	put_selector(msg, "\x0a\2\0\0", 4, 16);
	put_selector(msg, fd00, 16, 8);
	nla_nest_end(msg, nest);
	nla_put_u32(msg, IFIPSEC_PEER_A_MTU, 1446);
	nla_put_u32(msg, IFIPSEC_PEER_A_TX_SPI, htonl(0x1001));
	nla_put_u32(msg, IFIPSEC_PEER_A_RX_SAS, 1);
	nla_put_u8(msg, IFIPSEC_PEER_A_PROTECT, IFIPSEC_PROTECT_ESP_AH);
	nla_put_u32(msg, IFIPSEC_PEER_A_TX_AH_SPI, htonl(0x1002));
	nla_put_u16(msg, IFIPSEC_PEER_A_ENCAP_LOCAL, 4500);
	nla_put_u16(msg, IFIPSEC_PEER_A_ENCAP_REMOTE, 61234);
	nla_put_u32(msg, IFIPSEC_PEER_A_KEEPALIVE, 20);
	nla_put_u32(msg, IFIPSEC_PEER_A_HELD, 2);
	nla_nest_end(msg, peer);
}

struct nl_msg *message_peer(int cmd)
{
	struct nl_msg *msg = begin(cmd);

	put_peer(msg);
	return msg;
}

struct nl_msg *message_acquire(void)
{
	struct nl_msg *msg = begin(IFIPSEC_CMD_PEER_ACQUIRE_NTF);
	struct nlattr *nest;

	put_peer(msg);
	nest = nla_nest_start(msg, IFIPSEC_A_ACQUIRE);
	nla_put(msg, IFIPSEC_ACQUIRE_A_SRC, 4, "\x0a\1\0\5");
	nla_put(msg, IFIPSEC_ACQUIRE_A_DST, 4, "\x0a\2\0\7");
	nla_put_u8(msg, IFIPSEC_ACQUIRE_A_PROTO, 17);
	nla_nest_end(msg, nest);
	return msg;
}

static void put_branch(struct nl_msg *msg)
{
	struct nlattr *peer = nla_nest_start(msg, IFIPSEC_A_PEER);

	nla_put_string(msg, IFIPSEC_PEER_A_NAME, "branch");
	nla_nest_end(msg, peer);
}

static void put_life(struct nl_msg *msg)
{
	struct nlattr *life = nla_nest_start(msg, IFIPSEC_SA_A_LIFE);

	nla_put_u64(msg, IFIPSEC_LIFE_A_SOFT_BYTES, 1000);
	nla_put_u64(msg, IFIPSEC_LIFE_A_HARD_PACKETS, 10);
	nla_put_u64(msg, IFIPSEC_LIFE_A_HARD_SECONDS, 3600);
	nla_nest_end(msg, life);
	nla_put_u64(msg, IFIPSEC_SA_A_AGE, 77);
	nla_put_u32(msg, IFIPSEC_SA_A_LIMITS_MET,
		    1U << IFIPSEC_EXPIRE_BYTES_SOFT |
		    1U << IFIPSEC_EXPIRE_PACKETS_HARD | 1U << 31);
}

struct nl_msg *message_sa(int cmd, int dir, uint32_t spi)
{
	struct nl_msg *msg = begin(cmd);
	struct nlattr *sa;

	put_branch(msg);
	sa = nla_nest_start(msg, IFIPSEC_A_SA);
	nla_put_u8(msg, IFIPSEC_SA_A_DIR, dir);
	nla_put_u32(msg, IFIPSEC_SA_A_SPI, htonl(spi));
	nla_put_u8(msg, IFIPSEC_SA_A_PROTO, 50);
	nla_put_u8(msg, IFIPSEC_SA_A_MODE, IFIPSEC_MODE_TUNNEL);
	nla_put_u16(msg, IFIPSEC_SA_A_ENCR, IFIPSEC_ENCR_AES_GCM_16);
	nla_put_u32(msg, IFIPSEC_SA_A_KEY_BITS, 256);
	nla_put_u32(msg, IFIPSEC_SA_A_FLAGS,
		    dir == IFIPSEC_DIR_OUT ? IFIPSEC_SA_F_ESN : 0);
	if (dir == IFIPSEC_DIR_IN)
		nla_put_u32(msg, IFIPSEC_SA_A_REPLAY_WINDOW, 1024);
	else
		nla_put_u32(msg, IFIPSEC_SA_A_TFC, 1400);
	nla_put_u64(msg, IFIPSEC_SA_A_SEQ, 0xc0000000);
	nla_put_string(msg, IFIPSEC_SA_A_DRIVER, "gcm(aes)");
	put_stats(msg, IFIPSEC_SA_A_STATS);
	nla_nest_end(msg, sa);
	if (cmd == IFIPSEC_CMD_SA_EXPIRE_NTF)
		nla_put_u32(msg, IFIPSEC_A_EXPIRE, IFIPSEC_EXPIRE_SEQ_SOFT);
	return msg;
}

struct nl_msg *message_sa_ah(int cmd, uint32_t spi)
{
	struct nl_msg *msg = begin(cmd);
	struct nlattr *sa;

	put_branch(msg);
	sa = nla_nest_start(msg, IFIPSEC_A_SA);
	nla_put_u8(msg, IFIPSEC_SA_A_DIR, IFIPSEC_DIR_OUT);
	nla_put_u32(msg, IFIPSEC_SA_A_SPI, htonl(spi));
	nla_put_u8(msg, IFIPSEC_SA_A_PROTO, 51);
	nla_put_u8(msg, IFIPSEC_SA_A_MODE, IFIPSEC_MODE_TRANSPORT);
	nla_put_u16(msg, IFIPSEC_SA_A_AUTH, IFIPSEC_AUTH_HMAC_SHA1_96);
	nla_put_u32(msg, IFIPSEC_SA_A_FLAGS, IFIPSEC_SA_F_ESN |
		    IFIPSEC_SA_F_INSECURE | IFIPSEC_SA_F_AH_ALIGN8);
	nla_put_string(msg, IFIPSEC_SA_A_DRIVER, "hmac(sha1)");
	put_life(msg);
	nla_nest_end(msg, sa);
	return msg;
}

struct nl_msg *message_spi(void)
{
	struct nl_msg *msg = begin(IFIPSEC_CMD_SPI_ALLOC);
	struct nlattr *sa;

	put_branch(msg);
	sa = nla_nest_start(msg, IFIPSEC_A_SA);
	nla_put_u8(msg, IFIPSEC_SA_A_DIR, IFIPSEC_DIR_IN);
	nla_put_u32(msg, IFIPSEC_SA_A_SPI, htonl(0xc0ffee01));
	nla_put_u8(msg, IFIPSEC_SA_A_PROTO, 51);
	nla_put_u32(msg, IFIPSEC_SA_A_RESERVED, 30);
	nla_nest_end(msg, sa);
	return msg;
}

struct nl_msg *message_mapping(void)
{
	struct nl_msg *msg = message_sa(IFIPSEC_CMD_SA_MAPPING_NTF,
					IFIPSEC_DIR_IN, 0x2001);
	struct nlattr *nest = nla_nest_start(msg, IFIPSEC_A_MAPPING);

	nla_put(msg, IFIPSEC_MAPPING_A_ADDR, 4, "\xcb\0\x71\6");
	nla_put_u16(msg, IFIPSEC_MAPPING_A_PORT, 61235);
	nla_nest_end(msg, nest);
	return msg;
}

struct nl_msg *message_drop(void)
{
	struct nl_msg *msg = begin(IFIPSEC_CMD_DROP_NTF);
	struct nlattr *drop;

	put_branch(msg);
	drop = nla_nest_start(msg, IFIPSEC_A_DROP);
	nla_put_u32(msg, IFIPSEC_DROP_A_REASON, IFIPSEC_DROP_RX_TS_MISMATCH);
	nla_put_u32(msg, IFIPSEC_DROP_A_COUNT, 4);
	nla_put_u8(msg, IFIPSEC_DROP_A_DIR, IFIPSEC_DIR_IN);
	nla_put_u8(msg, IFIPSEC_DROP_A_PROTO, 51);
	nla_put_u32(msg, IFIPSEC_DROP_A_SPI, htonl(0x2001));
	nla_put_u64(msg, IFIPSEC_DROP_A_SEQ, 1ULL << 32);
	nla_put(msg, IFIPSEC_DROP_A_OUTER_SRC, 4, "\xcb\0\x71\6");
	nla_put(msg, IFIPSEC_DROP_A_OUTER_DST, 4, "\xc0\0\2\1");
	nla_put(msg, IFIPSEC_DROP_A_INNER_SRC, 4, "\xa\1\0\5");
	nla_put(msg, IFIPSEC_DROP_A_INNER_DST, 4, "\xa\2\0\7");
	nla_put_u8(msg, IFIPSEC_DROP_A_INNER_PROTO, 6);
	nla_put_u32(msg, IFIPSEC_DROP_A_FLOWLABEL, 0x12);
	nla_nest_end(msg, drop);
	return msg;
}

struct nl_msg *message_drop_summary(void)
{
	struct nl_msg *msg = begin_homeless(IFIPSEC_CMD_DROP_NTF);
	struct nlattr *drop = nla_nest_start(msg, IFIPSEC_A_DROP);

	nla_put_flag(msg, IFIPSEC_DROP_A_UNKNOWN_SPI);
	nla_put_u32(msg, IFIPSEC_DROP_A_COUNT, 950);
	nla_nest_end(msg, drop);
	return msg;
}

struct nl_msg *message_bare(int cmd)
{
	struct nl_msg *msg = begin(cmd);
	struct nlattr *sa;

	put_branch(msg);
	sa = nla_nest_start(msg, IFIPSEC_A_SA);
	nla_put_u8(msg, IFIPSEC_SA_A_DIR, IFIPSEC_DIR_IN);
	nla_put_u32(msg, IFIPSEC_SA_A_SPI, htonl(0x2001));
	nla_nest_end(msg, sa);
	return msg;
}

struct nl_msg *message_alg(void)
{
	struct nl_msg *msg = begin(IFIPSEC_CMD_ALG_GET);
	struct nlattr *alg = nla_nest_start(msg, IFIPSEC_A_ALG);

	nla_put_u16(msg, IFIPSEC_ALG_A_ENCR, IFIPSEC_ENCR_AES_GCM_16);
	nla_put_string(msg, IFIPSEC_ALG_A_NAME, "aes-gcm-16");
	for (uint32_t bits = 128; bits <= 256; bits += 64)
		nla_put_u32(msg, IFIPSEC_ALG_A_KEY_BITS, bits);
	nla_put_u32(msg, IFIPSEC_ALG_A_SALT_BITS, 32);
	nla_put_u32(msg, IFIPSEC_ALG_A_IV_LEN, 8);
	nla_put_u32(msg, IFIPSEC_ALG_A_ICV_LEN, 16);
	nla_nest_end(msg, alg);
	return msg;
}

struct nl_msg *message_auth(void)
{
	struct nl_msg *msg = begin(IFIPSEC_CMD_ALG_GET);
	struct nlattr *alg = nla_nest_start(msg, IFIPSEC_A_ALG);

	nla_put_u16(msg, IFIPSEC_ALG_A_AUTH, IFIPSEC_AUTH_HMAC_MD5_96);
	nla_put_string(msg, IFIPSEC_ALG_A_NAME, "hmac-md5-96");
	nla_put_u32(msg, IFIPSEC_ALG_A_KEY_BITS, 128);
	nla_put_u32(msg, IFIPSEC_ALG_A_ICV_LEN, 12);
	nla_put_u32(msg, IFIPSEC_ALG_A_FLAGS, IFIPSEC_ALG_F_INSECURE |
		    IFIPSEC_ALG_F_NEEDS_AUTH | IFIPSEC_ALG_F_AH_ONLY);
	nla_put_string(msg, IFIPSEC_ALG_A_DRIVER, "hmac(md5-generic)");
	nla_nest_end(msg, alg);
	return msg;
}

struct nl_msg *message_error(int code, const char *text, int capped)
{
	struct nlmsgerr error = {
		.error = code,
		.msg.nlmsg_len = NLMSG_HDRLEN + 8,
	};
	int flags = (text ? NLM_F_ACK_TLVS : 0) | (capped ? NLM_F_CAPPED : 0);
	struct nl_msg *msg = nlmsg_alloc_size(1024);

	nlmsg_put(msg, 0, 1, NLMSG_ERROR, 0, flags);
	nlmsg_append(msg, &error, sizeof(error), NLMSG_ALIGNTO);
	if (!capped)
		nlmsg_append(msg, "PAYLOAD", 8, NLMSG_ALIGNTO);
	if (text)
		nla_put_string(msg, NLMSGERR_ATTR_MSG, text);
	return msg;
}

struct nl_msg *message_done(int code)
{
	struct nl_msg *msg = nlmsg_alloc_size(256);

	nlmsg_put(msg, 0, 1, NLMSG_DONE, 0, NLM_F_MULTI);
	nlmsg_append(msg, &code, sizeof(code), NLMSG_ALIGNTO);
	return msg;
}
