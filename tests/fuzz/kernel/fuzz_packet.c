// SPDX-License-Identifier: MIT
/*
 * fuzz_packet.c - packets of peers who know the keys, in and out, through the module.
 *
 * An input is a program, so that any bytes make packets whose ICV is right and which
 * reach what is behind it: trailer, padding, inner headers, the options that AH covers.
 * It holds up to four packets; see struct packet for what is read for each, in order.
 * They go into the kernel by write() into a tun or tap device, and out of it through a
 * packet socket on ipsec0, both in this thread's context, where target.c sees the path.
 *
 * The peers are the rows of SAS: made here, by ip and ipsecctl, in the namespace in
 * which this runs.  Keys are all the same byte; nothing here is a secret.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "target.h"
#include "mutable.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY_BYTE	0x42
#define KEY_FILE	"/run/fuzz-key-%u"
#define HMAC_WORDS	"auth hmac-sha2-256-128 auth-key /run/fuzz-key-32"
#define SPI		0x1000
#define SALT		4
#define PORT		4500
#define MOST		4096		/* bytes of a packet */

enum protect { ESP = 1, AH = 2, BOTH = ESP | AH };
enum cipher { NONE, GCM, CHACHA, CBC };

struct sa {
	unsigned int family;
	enum protect protect;
	enum cipher cipher;	/* of ESP; CBC and NONE with HMAC-SHA2-256-128 */
	bool transport;
	bool esn;
	bool udp;
	uint64_t seq;		/* the highest that was used; what it begins with */
};

static struct sa SAS[] = {
	{ 4, ESP, GCM, .esn = true, .seq = 0xffffff00 },
	{ 6, ESP, GCM, .esn = true },
	{ 4, ESP, CHACHA, .udp = true, .esn = true },
	{ 6, ESP, CBC, .esn = true },
	{ 4, ESP, NONE, .seq = 0 },
	{ 4, ESP, GCM, .transport = true },
	{ 6, ESP, NONE, .transport = true, .esn = true },
	{ 4, AH, .esn = true },
	{ 6, AH, .seq = 0 },
	{ 4, AH, .transport = true },
	{ 6, AH, .transport = true, .esn = true },
	{ 4, BOTH, GCM, .esn = true },
	{ 6, BOTH, CBC, .transport = true },
	{ 4, ESP, CBC, .transport = true, .udp = true },
};

#define N_SAS	(sizeof(SAS) / sizeof(*SAS))

/* What an input says of a packet; all bytes are wanted, none is refused. */
struct packet {
	uint8_t sa;		/* modulo their number; and in the upper bits */
#define OUT		0x80	/* to be sent through ipsec0: the payload alone counts */
#define RAW		0x40	/* the payload is all that there is */
	uint8_t inner;		/* what is made right in the inner packet */
#define ADDRESSES	1	/* source and destination are those of the SA's selectors */
#define LENGTH		2
#define CHECKSUM	4
#define NEXT_HEADER	8	/* the trailer says what there is */
	uint8_t outer;		/* what is done with the outer one */
#define BAD_ICV		1
#define JUNK_PAD	2	/* padding is not 1, 2, 3… */
#define SAYS_PAD	4	/* its length is what `pad` says, wherever that leads */
#define CUT		8	/* `cut` bytes fewer than the IP header says */
#define SHORT		16	/* `cut` bytes fewer, and the IP header knows */
#define FRAGMENTS	32	/* in two pieces */
#define PAGES		64	/* a frame with its bytes in pages, through GRO */
	uint8_t next;		/* next header, where it is not that of the payload */
	int8_t seq;		/* further by so many; or one that was before */
	uint8_t pad, cut;
	uint8_t n_patches;	/* modulo 4; each: where in the outer header, what */
	uint8_t n_options;	/* modulo 64; they follow, whole words */
	uint8_t patches[3][2];
	uint8_t options[64];
	size_t len;		/* two bytes */
	uint8_t payload[MOST];
};

struct input {
	const uint8_t *p;
	size_t left;
};

struct buffer {
	size_t len;
	uint8_t data[MOST + 512];
};

static int tun, tap, raw;
static int ipsec_index;
static uint8_t tap_mac[ETH_ALEN];
static const uint8_t key[32] = { [0 ... 31] = KEY_BYTE };

/* ---- the input ------------------------------------------------------------ */

static uint8_t take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static void take_bytes(struct input *in, uint8_t *to, size_t n)
{
	while (n--)
		*to++ = take(in);
}

static bool take_packet(struct input *in, struct packet *p)
{
	if (!in->left)
		return false;
	memset(p, 0, sizeof(*p));
	p->sa = take(in);
	p->inner = take(in);
	p->outer = take(in);
	p->next = take(in);
	p->seq = (int8_t)take(in);
	p->pad = take(in);
	p->cut = take(in);
	p->n_patches = take(in) % 4;
	p->n_options = take(in) % 64;
	take_bytes(in, p->patches[0], 2 * p->n_patches);
	take_bytes(in, p->options, p->n_options);
	p->len = take(in);
	p->len = (p->len << 8 | take(in)) % 2048;
	if (p->len > in->left)
		p->len = in->left;
	take_bytes(in, p->payload, p->len);
	return true;
}

/* ---- headers -------------------------------------------------------------- */

static void put16(uint8_t *to, unsigned int v)
{
	to[0] = v >> 8;
	to[1] = v;
}

static void put32(uint8_t *to, uint32_t v)
{
	put16(to, v >> 16);
	put16(to + 2, v);
}

static void put64(uint8_t *to, uint64_t v)
{
	put32(to, v >> 32);
	put32(to + 4, v);
}

static void checksum(uint8_t *ip, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	put16(ip + 10, 0);
	for (i = 0; i + 1 < len; i += 2)
		sum += ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, ~sum);
}

static void address(uint8_t *to, unsigned int family, const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (inet_pton(family == 4 ? AF_INET : AF_INET6, text, to) != 1)
		errx(1, "no address: %s", text);
}

static void put_addresses(uint8_t *src, uint8_t *dst, unsigned int family, unsigned int i, bool out)
{
	static const char *const ours[] = { "10.255.0.1", "fd00:ff::1" };
	static const char *const theirs[] = { "10.%u.0.2", "fd00:%x::2" };
	unsigned int six = family == 6;

	if (SAS[i].transport && SAS[i].family == family) {
		address(src, family, six ? "2001:db8::1" : "198.51.100.1");
		address(dst, family, six ? "2001:db8::%u" : "198.51.100.%u", 10 + i);
		return;		/* those of the wire; only what is sent has an inner header */
	}
	address(out ? src : dst, family, "%s", ours[six]);
	address(out ? dst : src, family, theirs[six], i);
}

/* The inner packet: as the input has it, but for what shall be right. */
static void mend_inner(struct packet *p, unsigned int i, bool out)
{
	uint8_t *ip = p->payload;

	if (p->len >= 20 && ip[0] >> 4 == 4) {
		if (p->inner & LENGTH)
			put16(ip + 2, p->len);
		if (p->inner & ADDRESSES)
			put_addresses(ip + 12, ip + 16, 4, i, out);
		if (p->inner & CHECKSUM)
			checksum(ip, (ip[0] & 15) * 4u < p->len ? (ip[0] & 15) * 4u : p->len);
	} else if (p->len >= 40 && ip[0] >> 4 == 6) {
		if (p->inner & LENGTH)
			put16(ip + 4, p->len - 40);
		if (p->inner & ADDRESSES)
			put_addresses(ip + 8, ip + 24, 6, i, out);
	}
	if (p->inner & NEXT_HEADER)
		p->next = SAS[i].transport ? 17 : ip[0] >> 4 == 6 ? 41 : 4;
}

/* Outer header and options in front of `proto`; its length is set by end_outer(). */
static void begin_outer(struct buffer *b, const struct packet *p, unsigned int i, uint8_t proto)
{
	unsigned int n = p->n_options & (SAS[i].family == 4 ? 0x3c : 0x38), k;
	static const uint8_t extensions[] = { 60, 0, 43, 60 };
	uint8_t *h = b->data;

	memset(h, 0, 40);
	if (SAS[i].family == 4) {
		if (n > 40)
			n = 40;
		h[0] = 0x45 + n / 4;
		h[8] = 64;
		h[9] = proto;
		address(h + 12, 4, "198.51.100.%u", 10 + i);
		address(h + 16, 4, "198.51.100.1");
		memcpy(h + 20, p->options, n);
		b->len = 20 + n;
	} else {
		h[0] = 0x60;
		h[6] = n ? extensions[p->options[0] & 3] : proto;
		h[7] = 64;
		address(h + 8, 6, "2001:db8::%u", 10 + i);
		address(h + 24, 6, "2001:db8::1");
		memcpy(h + 40, p->options, n);
		if (n) {
			h[40] = proto;
			h[41] = n / 8 - 1;
		}
		b->len = 40 + n;
	}
	for (k = 0; k < p->n_patches; k++)
		h[p->patches[k][0] % b->len] = p->patches[k][1];
}

static void set_length(struct buffer *b, unsigned int family, size_t header)
{
	if (family == 4) {
		put16(b->data + 2, b->len);
		checksum(b->data, header);
	} else {
		put16(b->data + 4, b->len - 40);
	}
}

/* ---- cryptography --------------------------------------------------------- */

static void must(int good)
{
	if (good != 1)
		errx(1, "libcrypto failed");
}

/* Text in place, the ICV behind it. */
static void aead(const EVP_CIPHER *cipher, const uint8_t *iv, const uint8_t *aad, int aad_len,
		 uint8_t *text, int len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[12];
	int n;

	memset(nonce, KEY_BYTE, SALT);
	memcpy(nonce + SALT, iv, 8);
	must(EVP_EncryptInit_ex(ctx, cipher, NULL, key, nonce));
	must(EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_len));
	must(EVP_EncryptUpdate(ctx, text, &n, text, len));
	must(EVP_EncryptFinal_ex(ctx, text + n, &n));
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, text + len));
	EVP_CIPHER_CTX_free(ctx);
}

static void cbc(const uint8_t *iv, uint8_t *text, int len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	must(EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, key, iv));
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	must(EVP_EncryptUpdate(ctx, text, &n, text, len));
	EVP_CIPHER_CTX_free(ctx);
}

static void hmac(const uint8_t *data, size_t len, uint8_t *icv)
{
	uint8_t mac[32];

	if (!HMAC(EVP_sha256(), key, 32, data, len, mac, NULL))
		errx(1, "libcrypto failed");
	memcpy(icv, mac, 16);
}

/* ---- ESP and AH ----------------------------------------------------------- */

/* Adds ESP around the payload to b. */
static void put_esp(struct buffer *b, const struct packet *p, unsigned int i, uint64_t seq)
{
	enum cipher cipher = SAS[i].cipher;
	unsigned int iv_len = cipher == NONE ? 0 : cipher == CBC ? 16 : 8;
	unsigned int block = cipher == CBC ? 16 : 4, pad, k;
	uint8_t *esp = b->data + b->len, *text, aad[12];
	size_t len = p->len;

	put32(esp, SPI + i);
	put32(esp + 4, seq);
	memset(esp + 8, 0, 16);
	if (iv_len)
		put64(esp + iv_len, seq);
	text = esp + 8 + iv_len;
	memcpy(text, p->payload, len);
	pad = -(len + 2) % block;
	for (k = 0; k < pad; k++)
		text[len++] = p->outer & JUNK_PAD ? p->pad : k + 1;
	text[len++] = p->outer & SAYS_PAD ? p->pad : pad;
	text[len++] = p->next;
	if (cipher == GCM || cipher == CHACHA) {
		if (SAS[i].esn) {
			put32(aad, SPI + i);
			put64(aad + 4, seq);
		} else {
			memcpy(aad, esp, 8);
		}
		aead(cipher == GCM ? EVP_aes_128_gcm() : EVP_chacha20_poly1305(), esp + 8, aad,
		     SAS[i].esn ? 12 : 8, text, len);
	} else {
		if (cipher == CBC)
			cbc(esp + 8, text, len);
		put32(text + len, seq >> 32);
		hmac(esp, text + len - esp + (SAS[i].esn ? 4 : 0), text + len);
	}
	b->len = text + len + 16 - b->data;
}

/*
 * Puts AH between the first `header` bytes of b and the rest; the length in the IP
 * header is set first, as the ICV covers it.
 */
static void put_ah(struct buffer *b, unsigned int i, size_t header, uint8_t next, uint64_t seq)
{
	size_t ah_len = SAS[i].family == 4 ? 28 : 32, rest = b->len - header, n;
	uint8_t *ah = b->data + header;
	struct buffer mac;

	memmove(ah + ah_len, ah, rest);
	memset(ah, 0, ah_len);
	ah[0] = next;
	ah[1] = ah_len / 4 - 2;
	put32(ah + 4, SPI + i);
	put32(ah + 8, seq);
	b->len += ah_len;
	set_length(b, SAS[i].family, header);
	memcpy(mac.data, b->data, header);
	n = SAS[i].family == 4 ? header : ipsec_mutable6(mac.data, header);
	if (SAS[i].family == 4 && !ipsec_mutable4(mac.data, header))
		n = 0;		/* malformed: whatever the ICV is */
	memcpy(mac.data + n, ah, ah_len + rest);
	n += ah_len + rest;
	put32(mac.data + n, seq >> 32);
	hmac(mac.data, n + (SAS[i].esn ? 4 : 0), ah + 12);
}

static uint64_t next_seq(struct sa *sa, int8_t step)
{
	if (step > 0 || (uint64_t)-step > sa->seq)
		return sa->seq += step > 0 ? step : 1;
	return sa->seq + step;
}

/* The whole packet as the wire has it.  Return: the length of the outer header. */
static size_t build(struct buffer *b, struct packet *p, unsigned int i)
{
	uint64_t seq = next_seq(&SAS[i], p->seq);
	uint8_t proto = SAS[i].protect & AH ? 51 : SAS[i].udp ? 17 : 50;
	size_t header;

	mend_inner(p, i, false);
	begin_outer(b, p, i, proto);
	header = b->len;
	if (SAS[i].udp) {
		memset(b->data + b->len, 0, 8);
		put16(b->data + b->len, PORT);
		put16(b->data + b->len + 2, PORT);
		b->len += 8;
	}
	if (SAS[i].protect & ESP) {
		put_esp(b, p, i, seq);
	} else {
		memcpy(b->data + b->len, p->payload, p->len);
		b->len += p->len;
	}
	if (SAS[i].udp)
		put16(b->data + header + 4, b->len - header);
	if (SAS[i].protect & AH)
		put_ah(b, i, header, SAS[i].protect & ESP ? 50 : p->next, seq);
	if (p->outer & SHORT && p->cut < b->len - header)
		b->len -= p->cut;
	if (!(SAS[i].protect & AH) || p->outer & SHORT)
		set_length(b, SAS[i].family, header);
	if (p->outer & CUT && p->cut < b->len - header)
		b->len -= p->cut;
	if (p->outer & BAD_ICV)
		b->data[b->len - 1] ^= 1;
	return header;
}

/* ---- into the kernel ------------------------------------------------------ */

/* Refused by the device or not: both are answers. */
static void deliver(const struct buffer *b, bool pages)
{
	uint8_t eth[ETH_HLEN];
	struct iovec iov[4] = { { eth, ETH_HLEN } };
	size_t third = b->len / 3;
	ssize_t done;

	if (!pages) {
		done = write(tun, b->data, b->len);
		(void)done;
		return;
	}
	memcpy(eth, tap_mac, ETH_ALEN);
	memset(eth + ETH_ALEN, 2, ETH_ALEN);
	put16(eth + 12, b->data[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
	iov[1] = (struct iovec){ (void *)b->data, third };
	iov[2] = (struct iovec){ (void *)(b->data + third), third };
	iov[3] = (struct iovec){ (void *)(b->data + 2 * third), b->len - 2 * third };
	done = writev(tap, iov, third ? 4 : 1);
	(void)done;
}

static void deliver_fragments(const struct buffer *b, size_t header, bool pages, unsigned int id)
{
	size_t first = (b->len - header) / 2 & ~7ul, ext = b->data[0] >> 4 == 6 ? 8 : 0, k;
	struct buffer piece;

	for (k = 0; k < 2; k++) {
		size_t from = k ? header + first : header, n = k ? b->len - from : first;

		memcpy(piece.data, b->data, header);
		memcpy(piece.data + header + ext, b->data + from, n);
		piece.len = header + ext + n;
		if (ext) {	/* in front of everything: a patch may have made it anything */
			memset(piece.data + header, 0, 8);
			piece.data[header] = piece.data[6];
			piece.data[6] = 44;
			put16(piece.data + header + 2, (k ? first : 0) | !k);
			put32(piece.data + header + 4, id);
			put16(piece.data + 4, piece.len - 40);
		} else {
			put16(piece.data + 4, id);
			put16(piece.data + 6, k ? first / 8 : 0x2000);
			put16(piece.data + 2, piece.len);
			checksum(piece.data, header);
		}
		deliver(&piece, pages);
	}
}

static void send_out(struct packet *p, unsigned int i)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = ipsec_index };

	mend_inner(p, i, true);
	to.sll_protocol = htons(p->payload[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
	target_start();
	sendto(raw, p->payload, p->len, 0, (struct sockaddr *)&to, sizeof(to));
	target_stop();
}

static void receive(struct packet *p, unsigned int i)
{
	static unsigned int id;
	struct buffer b;
	size_t header;

	if (p->sa & RAW) {
		memcpy(b.data, p->payload, p->len);
		b.len = header = p->len;
	} else {
		header = build(&b, p, i);
	}
	target_start();
	if (p->outer & FRAGMENTS && b.len > header + 16)
		deliver_fragments(&b, header, p->outer & PAGES, ++id);
	else
		deliver(&b, p->outer & PAGES);
	target_stop();
}

/* What the kernel sends must go somewhere: a full queue is another path. */
static void drain(void)
{
	uint8_t frame[65536];

	while (read(tun, frame, sizeof(frame)) > 0)
		;
	while (read(tap, frame, sizeof(frame)) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	static struct packet p;
	int n;

	target_keep(data, size);
	for (n = 0; n < 4 && take_packet(&in, &p); n++) {
		unsigned int i = (p.sa & 0x3f) % N_SAS;

		if (p.sa & OUT)
			send_out(&p, i);
		else
			receive(&p, i);
	}
	drain();
	return 0;
}

/* ---- the world ------------------------------------------------------------ */

static int open_device(const char *name, int flags)
{
	struct ifreq ifr = { .ifr_flags = flags | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	strcpy(ifr.ifr_name, name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		err(1, "%s", name);
	return fd;
}

static void make_peer(unsigned int i)
{
	static const char *const protect[] = { "", "esp", "ah", "esp+ah" };
	static const char *const cipher[] = { "null", "aes-gcm-16", "chacha20-poly1305", "aes-cbc" };
	static const unsigned int key_len[] = { 0, 16 + SALT, 32 + SALT, 16 };
	const struct sa *sa = &SAS[i];
	static const char *const directions[] = { "in", "out" };
	char outer[32], common[64], esp[128];
	unsigned int d;

	snprintf(outer, sizeof(outer), sa->family == 4 ? "198.51.100.%u" : "2001:db8::%u", 10 + i);
	target_run("ipsecctl peer add ipsec0 p%u local %s remote %s protect %s %s selector %s/%u selector 10.%u.0.0/16 selector fd00:%x::/32",
	    i, sa->family == 4 ? "198.51.100.1" : "2001:db8::1", outer, protect[sa->protect],
	    sa->udp ? "encap 4500 4500" : "", outer, sa->family == 4 ? 32 : 128, i, i);
	if (sa->cipher)
		snprintf(esp, sizeof(esp), "encr %s key " KEY_FILE " %s", cipher[sa->cipher], key_len[sa->cipher],
			 sa->cipher == CBC ? HMAC_WORDS : "");
	else
		snprintf(esp, sizeof(esp), "encr null " HMAC_WORDS);
	for (d = 0; d < 2; d++) {
		snprintf(common, sizeof(common), "mode %s esn %s seq %llu", sa->transport ? "transport" : "tunnel",
			 sa->esn ? "on" : "off", d ? 0ull : (unsigned long long)sa->seq);
		if (sa->protect & ESP)
			target_run("ipsecctl sa add ipsec0 p%u %s spi %u %s %s", i, directions[d], SPI + i, common, esp);
		if (sa->protect & AH)
			target_run("ipsecctl sa add ipsec0 p%u %s spi %u proto ah %s " HMAC_WORDS, i, directions[d], SPI + i, common);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const unsigned int key_lens[] = { 16, 16 + SALT, 32, 32 + SALT };
	struct ifreq ifr = { 0 };
	unsigned int i;

	(void)argc, (void)argv;
	target_open();
	for (i = 0; i < 4; i++)
		target_run("umask 077; printf '%%%u.s' '' | sed 's/ /%02x/g' >" KEY_FILE, key_lens[i], KEY_BYTE, key_lens[i]);
	tun = open_device("tun0", IFF_TUN);
	tap = open_device("tap0", IFF_TAP | IFF_NAPI | IFF_NAPI_FRAGS);
	target_run("for d in tun0 tap0; do ip link set $d up mtu 1500; done;"
	    "ip addr add 198.51.100.1/24 dev tun0; ip addr add 2001:db8::1/64 dev tun0 nodad");
	target_run("ipsecctl dev add ipsec0; ip addr add 10.255.0.1/8 dev ipsec0;"
	    "ip addr add fd00:ff::1/16 dev ipsec0 nodad; ip link set ipsec0 up");
	for (i = 0; i < N_SAS; i++)
		make_peer(i);
	strcpy(ifr.ifr_name, "tap0");
	if (ioctl(tap, SIOCGIFHWADDR, &ifr))
		err(1, "the address of tap0");
	memcpy(tap_mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	ipsec_index = if_nametoindex("ipsec0");
	raw = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (raw < 0)
		err(1, "a packet socket");
	return 0;
}
