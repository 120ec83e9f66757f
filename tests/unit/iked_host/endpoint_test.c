// SPDX-License-Identifier: MIT
/* endpoint_test.c - addresses with ports: text and sockets. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "../../../tools/iked/endpoint.h"
#include "../tools/check.h"

static struct endpoint of(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = port };

	if (addr)
		addr_parse(addr, &e.addr);
	return e;
}

static bool prints(const char *addr, uint16_t port, const char *want)
{
	struct endpoint e = of(addr, port);
	char buf[ENDPOINT_TEXT_MAX];

	return !strcmp(endpoint_text(&e, buf), want);
}

static bool goes_and_comes(const char *addr, int family)
{
	struct endpoint e = of(addr, 4500), back = { 0 };
	struct sockaddr_storage sa;

	endpoint_to_sockaddr(&e, &sa);
	return sa.ss_family == family && endpoint_of_sockaddr((struct sockaddr *)&sa, &back) &&
	       endpoint_equal(&e, &back);
}

int main(void)
{
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6, .sin6_port = htons(500) };
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct endpoint a = of("192.0.2.1", 500), b = a;

	CHECK("IPv4", prints("192.0.2.1", 500, "192.0.2.1:500"));
	CHECK("IPv6", prints("2001:db8::1", 4500, "[2001:db8::1]:4500"));
	CHECK("the longest", prints("2001:db8:1111:2222:3333:4444:5555:6666", 65535,
				    "[2001:db8:1111:2222:3333:4444:5555:6666]:65535"));
	CHECK("any", prints(NULL, 500, "*:500"));
	CHECK("to a socket and back, IPv4", goes_and_comes("192.0.2.1", AF_INET));
	CHECK("to a socket and back, IPv6", goes_and_comes("2001:db8::1", AF_INET6));
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &mapped.sin6_addr);
	CHECK("an IPv4-mapped address is IPv4",
	      endpoint_of_sockaddr((struct sockaddr *)&mapped, &b) && endpoint_equal(&a, &b));
	CHECK("another family", !endpoint_of_sockaddr(&other, &b));
	b.ifindex = 7;
	CHECK("the device is no part of it", endpoint_equal(&a, &b));
	b.port++;
	CHECK("the port is", !endpoint_equal(&a, &b));
	b = of("192.0.2.2", 500);
	CHECK("so is the address", !endpoint_equal(&a, &b));
	b = of("::", 500);
	CHECK("and the family", !endpoint_equal(&a, &b));
	return check_status();
}
