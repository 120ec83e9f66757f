// SPDX-License-Identifier: MIT
/*
 * fuzz_input.c [ITERATIONS [SEED]] - random command lines and key files
 * through the parsers.  No error may repeat what looks like a key.
 */
#include <stdlib.h>

#include "../../../tools/ipsecctl/parse.h"
#include "../../../tools/lib/key.h"
#include "check.h"

#define SECRET	"deadbeefdeadbeefdeadbeefdeadbeef"

static uint64_t state;

static uint32_t draw(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1d >> 32) % below;
}

static char *dictionary[] = {
	"ipsec0", "branch", "in", "out", "spi", "0x1001", "encr", "aes-gcm-16",
	"key", "-", "/dev/null", "esn", "on", "off", "replay-window", "1024",
	"seq", "18446744073709551615", "18446744073709551616", "netnsid", "0",
	"-1", "remote", "local", "selector", "192.0.2.1", "2001:db8::1", "any",
	"10.0.0.0/8", "::/0", "10.0.0.0/33", "link", "none", "fwmark", "mtu",
	"df", "copy", "dscp", "63", "decap-dscp", "ttl", "255", "flowlabel",
	"spread", "auto", "protect", "esp+ah", "proto", "ah", "mode", "transport",
	"encap", "keepalive", "4500", "soft-bytes", "1g", "hard-seconds",
	"tfc", "count", "length", "1001",
	"auth", "hmac-sha2-256-128", "auth-key", "insecure", "ah-align8",
	"", "\033[31m", "\xff\xfe", SECRET, "0x" SECRET, "sa", "peer",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
};

static bool leaks;

static void watch(const char *error)
{
	leaks = leaks || strstr(error, "deadbeef");
}

/* One of the words, or noise */
static char *pick_word(char *noise, size_t size)
{
	uint32_t len;

	if (draw(16))
		return dictionary[draw(sizeof(dictionary) /
				       sizeof(dictionary[0]))];
	len = draw(size);
	for (uint32_t i = 0; i < len; i++)
		noise[i] = 1 + draw(255);
	noise[len] = '\0';
	return noise;
}

static void try_words(char **next)
{
	struct flush_args flush;
	struct encap_args encap;
	struct dummy_args dummy;
	struct words words;
	struct target target;
	struct peer_args peer;
	struct dev_args dev;
	struct spi_args spi;
	struct sa_args sa;
	int err = 0;

	memset(&words, 0, sizeof(words));
	words.next = next;
	switch (draw(15)) {
	case 0: err = parse_dev_add(&words, &dev); break;
	case 1: err = parse_dev_set(&words, &dev); break;
	case 2: err = parse_dev_del(&words, &target); break;
	case 3:
		err = parse_peer_add(&words, &peer);
		parse_peer_clear(&peer);
		break;
	case 4:
		err = parse_peer_set(&words, &peer);
		parse_peer_clear(&peer);
		break;
	case 5: err = parse_peer_show(&words, &target); break;
	case 6: err = parse_sa_add(&words, &sa); break;
	case 7: err = parse_sa_replace(&words, &sa); break;
	case 8: err = parse_sa_set(&words, &sa); break;
	case 9: err = parse_sa_del(&words, &sa); break;
	case 10: err = parse_sa_show(&words, &target); break;
	case 11: err = parse_flush(&words, &flush); break;
	case 12: err = parse_encap(&words, &encap); break;
	case 13: err = parse_spi_add(&words, &spi); break;
	case 14: err = parse_dummy(&words, &dummy); break;
	}
	if (!err != !words.error[0])
		abort();	/* an error without a sentence, or the reverse */
	watch(words.error);
}

static void iterate_words(void)
{
	char noise[24][64], *next[25];
	uint32_t n = draw(24);

	for (uint32_t i = 0; i < n; i++)
		next[i] = pick_word(noise[i], sizeof(noise[i]));
	next[n] = NULL;
	try_words(next);
}

static void iterate_key(void)
{
	static const char alphabet[] = "0123456789abcdefABCDEFxX \n\tgz-\0";
	char error[KEY_ERROR_MAX] = "";
	size_t len = draw(400);
	char *text = malloc(len ? len : 1);
	struct key key;
	int err;

	for (size_t i = 0; i < len; i++)
		text[i] = draw(64) ? alphabet[draw(23 - !draw(2))] :
			  alphabet[draw(sizeof(alphabet))];
	if (len > 40 && draw(2))
		memcpy(text + draw(len - 32), SECRET, 32);
	err = key_parse(text, len, &key, error);
	if (!err && (!key.len || key.len > sizeof(key.bytes)))
		abort();
	if (!err != !error[0])
		abort();
	watch(error);
	key_wipe(&key);
	free(text);
}

int main(int argc, char **argv)
{
	long iterations = argc > 1 ? atol(argv[1]) : 20000;
	char name[96];

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	if (!state)
		return 2;
	for (long i = 0; i < iterations; i++) {
		iterate_words();
		iterate_key();
	}
	snprintf(name, sizeof(name), "%ld random command lines and key files",
		 iterations);
	check(true, name, "%s", "");
	CHECK("no error repeats a key", !leaks);
	return check_status();
}
