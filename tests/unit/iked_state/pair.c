// SPDX-License-Identifier: MIT
/* pair.c - two daemons, the network between them, and a clock. */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char pair_last[IKE_SUMMARY_MAX];
int pair_nonce_first = -1;

static char log_buf[LOG_BYTES];
static size_t log_len;
static uint64_t random_state = 1;

void pair_seed(uint64_t seed)
{
	random_state = seed * 2654435761U + 88172645463325252ULL;
}

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

uint32_t pair_random(uint32_t below)
{
	return (uint32_t)(next_random() >> 20) % below;
}

static int random_source(void *buf, size_t len)
{
	uint8_t *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)(next_random() >> 24);
	if (len == NONCE_LEN && pair_nonce_first >= 0)
		p[0] = (uint8_t)pair_nonce_first;
	return 0;
}

static void log_sink(enum log_level level, const char *line)
{
	size_t len = strlen(line);

	(void)level;
	if (getenv("TRACE"))
		fprintf(stdout, "# %s\n", line);
	if (log_len + len + 2 > sizeof(log_buf))
		log_len = 0;
	memcpy(log_buf + log_len, line, len);
	log_len += len;
	log_buf[log_len++] = '\n';
	log_buf[log_len] = 0;
}

bool pair_logged(const char *text)
{
	return log_len && strstr(log_buf, text);
}

void pair_log_clear(void)
{
	log_len = 0;
	log_buf[0] = 0;
}

static void forget(struct packet *packet)
{
	blob_free(&packet->bytes);
	packet->to = NULL;
}

static void net_send(void *arg, const struct endpoint *local,
		     const struct endpoint *remote, struct bytes message)
{
	struct side *from = arg;
	struct pair *p = from->pair;
	struct endpoint src = *local, dst = *remote;
	struct packet *packet = &p->queue[p->n];
	struct side *to = from == &p->a ? &p->b : &p->a;

	from->sent++;
	if (p->nat && !p->nat(p, from, &src, &dst))
		return;
	if (p->n == QUEUE_MAX)
		abort();
	*packet = (struct packet){
		.to = to,
		.from_at = src,
		.to_at = dst,
		.at_ms = p->now_ms + (p->delay_ms ? pair_random(p->delay_ms) : 0),
	};
	blob_copy(&packet->bytes, message);
	p->n++;
	if (getenv("TRACE")) {
		char f[ENDPOINT_TEXT_MAX], t[ENDPOINT_TEXT_MAX];

		printf("# %6llu %c: %s -> %s %s\n", (unsigned long long)p->now_ms,
		       from->name, endpoint_text(&src, f), endpoint_text(&dst, t),
		       pair_summary(packet));
	}
}

static void side_init(struct pair *p, struct side *s, char name, const char *addr,
		      uint32_t first_spi)
{
	*s = (struct side){ .pair = p, .addr = addr, .name = name };
	kernel_fake_init(&s->f, addr, first_spi);
	daemon_init(&s->d, &s->f.k, net_send, s);
	s->f.k.on_event = daemon_kernel_event;
	s->f.k.arg = &s->d;
}

void pair_init(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	log_set_sink(log_sink);
	log_set_level(LOG_INFO);
	pair_log_clear();
	random_override(random_source);
	pair_nonce_first = -1;
	side_init(p, &p->a, 'a', A_ADDR, 0x0a000000);
	side_init(p, &p->b, 'b', B_ADDR, 0x0b000000);
	p->started = true;
}

bool pair_config(struct side *s, const char *text)
{
	struct config_errors errors = { 0 };
	char error[AUTH_ERROR_MAX];
	struct config *config = config_parse(text, strlen(text), "ipsec0", &errors);

	if (!config) {
		check(false, "configuration of the test", "line %u: %s",
		      errors.list[0].line, errors.list[0].text);
		return false;
	}
	if (daemon_put(&s->d, config, error)) {
		log_sink(LOG_ERROR, error);
		config_free(config);
		return false;
	}
	return true;
}

void pair_start(struct pair *p, const char *config_a, const char *config_b)
{
	pair_init(p);
	if (config_b)
		pair_config(&p->b, config_b);
	if (config_a)
		pair_config(&p->a, config_a);
}

void pair_up(struct pair *p, const char *config_a, const char *config_b)
{
	pair_start(p, config_a, config_b);
	pair_run(p);
	pair_run_for(p, 4000);
}

static void check_side(struct side *s)
{
	check(!s->f.key_again, "no key sends twice", "%c: %u times", s->name,
	      s->f.key_again);
	daemon_free(&s->d, false);
	check(!kernel_fake_count(&s->f, IFIPSEC_DIR_IN, false) &&
	      !kernel_fake_count(&s->f, IFIPSEC_DIR_IN, true) &&
	      !kernel_fake_count(&s->f, IFIPSEC_DIR_OUT, false),
	      "nothing is left in the kernel", "%c: %u in, %u reserved, %u out", s->name,
	      kernel_fake_count(&s->f, IFIPSEC_DIR_IN, false),
	      kernel_fake_count(&s->f, IFIPSEC_DIR_IN, true),
	      kernel_fake_count(&s->f, IFIPSEC_DIR_OUT, false));
}

void pair_end(struct pair *p)
{
	check_side(&p->a);
	check_side(&p->b);
	while (p->n)
		forget(&p->queue[--p->n]);
}

void pair_sleep(struct pair *p, uint64_t ms)
{
	p->now_ms += ms;
	timers_run(&p->a.d.timers, p->now_ms);
	timers_run(&p->b.d.timers, p->now_ms);
}

static void drop_at(struct pair *p, unsigned int i)
{
	forget(&p->queue[i]);
	memmove(&p->queue[i], &p->queue[i + 1], (--p->n - i) * sizeof(p->queue[0]));
}

void pair_lose(struct pair *p, struct packet *packet)
{
	drop_at(p, (unsigned int)(packet - p->queue));
}

void pair_deliver_copy(struct pair *p, const struct packet *packet)
{
	struct blob copy = { 0 };
	struct packet head = *packet;

	(void)p;
	blob_copy(&copy, blob_view(&packet->bytes));
	daemon_receive(&head.to->d, &head.to_at, &head.from_at, blob_view(&copy));
	blob_free(&copy);
}

void pair_deliver(struct pair *p, struct packet *packet)
{
	unsigned int i = (unsigned int)(packet - p->queue);
	struct packet taken = *packet;

	memmove(&p->queue[i], &p->queue[i + 1], (--p->n - i) * sizeof(p->queue[0]));
	daemon_receive(&taken.to->d, &taken.to_at, &taken.from_at, blob_view(&taken.bytes));
	forget(&taken);
}

void pair_inject(struct side *to, const char *from, uint16_t port, struct bytes message)
{
	struct endpoint src = { .port = port }, dst = { .port = port };

	addr_parse(from, &src.addr);
	addr_parse(to->addr, &dst.addr);
	daemon_receive(&to->d, &dst, &src, message);
}

struct packet *pair_next(struct pair *p, struct side *to)
{
	unsigned int i;

	for (i = 0; i < p->n; i++)
		if (p->queue[i].to == to)
			return &p->queue[i];
	return NULL;
}

void pair_run(struct pair *p)
{
	pair_sleep(p, 0);
	while (p->n) {
		pair_deliver(p, &p->queue[0]);
		pair_sleep(p, 0);
	}
}

void pair_run_for(struct pair *p, uint64_t ms)
{
	uint64_t end = p->now_ms + ms;

	pair_run(p);
	while (p->now_ms < end) {
		pair_sleep(p, 100);
		pair_run(p);
	}
}

static void take_sealed(struct bytes datagram, void *arg)
{
	static uint8_t buf[IKE_MESSAGE_MAX];
	struct bytes *out = arg;

	memcpy(buf, datagram.p, datagram.len);
	*out = bytes_of(buf, datagram.len);
}

struct bytes pair_sealed(const struct ike_sa *from, uint8_t exchange, bool response,
			 uint32_t id, uint8_t first, struct bytes chain)
{
	struct ike_header header = {
		.spi_i = from->spi_i, .spi_r = from->spi_r, .version = IKE_VERSION,
		.exchange = exchange, .id = id,
		.flags = (from->initiator ? IKE_FLAG_INITIATOR : 0) |
			 (response ? IKE_FLAG_RESPONSE : 0),
	};
	struct bytes out = { 0 };

	seal_message(&from->keys, from->initiator, &header, first, chain, 0, take_sealed, &out);
	return out;
}

const char *pair_summary(struct packet *packet)
{
	struct bytes message = blob_view(&packet->bytes);
	static char buf[IKE_SUMMARY_MAX];
	struct blob plain = { 0 };
	struct ike_content c;
	struct ike_header h;
	struct ike_sa *sa;
	uint8_t critical;

	if (ike_header_read(message, &h))
		return "(malformed)";
	ike_message_summary(&h, message, IKE_HEADER_LEN, h.next, buf);
	if (h.exchange == IKE_EXCHANGE_IKE_SA_INIT)
		return buf;
	/* The keys are the receiver's, or the sender's when that has forgotten */
	sa = ike_sa_find(&packet->to->d, h.flags & IKE_FLAG_INITIATOR ? h.spi_r : h.spi_i);
	if (!sa)
		sa = ike_sa_find(&pair_other(packet->to)->d,
				 h.flags & IKE_FLAG_INITIATOR ? h.spi_i : h.spi_r);
	if (sa && !ike_content_read(message, IKE_HEADER_LEN, h.next, &c, &critical) &&
	    c.sealed == IKE_PAYLOAD_SK &&
	    !seal_open(&sa->keys, h.flags & IKE_FLAG_INITIATOR, message, &c, &plain))
		ike_message_summary(&h, blob_view(&plain), 0, c.sealed_next, buf);
	blob_free(&plain);
	return buf;
}

bool pair_trace(struct pair *p, struct side *from, const char *head, const char *payloads,
		bool deliver)
{
	char words[256], *word, *save = NULL, want[64];
	struct packet *packet;
	bool good;

	pair_sleep(p, 0);
	packet = pair_next(p, pair_other(from));
	if (!packet) {
		snprintf(pair_last, sizeof(pair_last), "nothing");
		return false;
	}
	snprintf(pair_last, sizeof(pair_last), "%s", pair_summary(packet));
	good = !strncmp(pair_last, head, strlen(head));
	snprintf(words, sizeof(words), "%s", payloads);
	for (word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		bool absent = word[0] == '!';

		snprintf(want, sizeof(want), " %s ", word + absent);
		if (!!strstr(pair_last, want) == absent)
			good = false;
	}
	if (deliver)
		pair_deliver(p, packet);
	else
		pair_lose(p, packet);
	return good;
}

struct side *pair_other(struct side *s)
{
	return s == &s->pair->a ? &s->pair->b : &s->pair->a;
}

struct ike_sa *pair_sa(struct side *s)
{
	struct ike_sa *sa;

	for (sa = s->d.sas; sa; sa = sa->next)
		if (sa->state == IKE_UP)
			return sa;
	return NULL;
}

struct child_sa *pair_child(struct side *s)
{
	struct child_sa *child;
	struct ike_sa *sa;

	for (sa = s->d.sas; sa; sa = sa->next) {
		child = sa->state == IKE_UP ? child_sa_live(sa) : NULL;
		if (child)
			return child;
	}
	return NULL;
}

unsigned int pair_count_sas(struct side *s, enum ike_state state)
{
	const struct ike_sa *sa;
	unsigned int n = 0;

	for (sa = s->d.sas; sa; sa = sa->next)
		n += sa->state == state;
	return n;
}

unsigned int pair_sas(struct side *s)
{
	return s->d.n_sas - pair_count_sas(s, IKE_CLOSED);
}

bool pair_passes(struct pair *p)
{
	return kernel_fake_passes(&p->a.f, "b", &p->b.f) &&
	       kernel_fake_passes(&p->b.f, "a", &p->a.f);
}

bool pair_settled(struct pair *p)
{
	struct ike_sa *a = pair_sa(&p->a), *b = pair_sa(&p->b);
	struct child_sa *ca = pair_child(&p->a), *cb = pair_child(&p->b);

	return a && b && pair_sas(&p->a) == 1 && pair_sas(&p->b) == 1 && a->spi_i == b->spi_i &&
	       a->spi_r == b->spi_r && ca && cb && child_sa_count(a) == 1 &&
	       child_sa_count(b) == 1 && ca->spi_in == cb->spi_out &&
	       ca->spi_out == cb->spi_in && pair_passes(p) &&
	       kernel_fake_count(&p->a.f, IFIPSEC_DIR_IN, false) == 1 &&
	       kernel_fake_count(&p->b.f, IFIPSEC_DIR_IN, false) == 1 &&
	       !kernel_fake_count(&p->a.f, IFIPSEC_DIR_IN, true) &&
	       !kernel_fake_count(&p->b.f, IFIPSEC_DIR_IN, true);
}

uint64_t pair_counter(struct side *s, enum ike_counter counter)
{
	return s->d.counters.n[counter];
}
