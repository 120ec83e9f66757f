// SPDX-License-Identifier: MIT
/*
 * main.c - the table of commands: it dispatches, and it prints the help.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../lib/safe.h"
#include "command.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

/* Options that two commands have */
#define OUTER	"[df copy|set|clear] [dscp copy|N] [decap-dscp on|off] " \
		"[ttl auto|N] [flowlabel auto|N]"
#define SPREAD	"[spread on|off]"
#define SUITE	"[proto esp|ah] [mode tunnel|transport] [encr ALG] [key FILE|-] " \
		"[auth ALG] [auth-key FILE|-] [esn on|off] [insecure] [ah-align8]"
#define LIFE	"[soft-bytes N] [hard-bytes N] [soft-packets N] " \
		"[hard-packets N] [soft-seconds N] [hard-seconds N]"
#define TFC	"[tfc BYTES]"
#define PEER	"[protect esp|ah|esp+ah] [encap LOCALPORT REMOTEPORT|off] " \
		"[keepalive SECONDS|off]"

static const struct command commands[] = {
	{ "dev add", "NAME [link IFNAME] [fwmark MARK] [mtu N] " OUTER " " SPREAD,
	  "make an interface", cmd_dev_add },
	{ "dev set", "NAME [link IFNAME|none] [fwmark MARK] [mtu N|auto] " OUTER " " SPREAD,
	  "change an interface", cmd_dev_set },
	{ "dev del", "NAME [netnsid ID]",
	  "remove an interface with its peers and SAs", cmd_dev_del },
	{ "dev show", "[NAME [netnsid ID]]",
	  "show interfaces", cmd_dev_show },
	{ "peer add", "DEV NAME remote ADDR [local ADDR] [selector PREFIX]... " PEER " [netnsid ID]",
	  "add a peer to an interface", cmd_peer_add },
	{ "peer set", "DEV NAME [remote ADDR] [local ADDR|any] [selector PREFIX]... " PEER " [netnsid ID]",
	  "change a peer; given selectors replace all it had", cmd_peer_set },
	{ "peer del", "DEV NAME [netnsid ID]",
	  "remove a peer with its SAs", cmd_peer_del },
	{ "peer show", "[DEV [NAME] [netnsid ID]]",
	  "show peers", cmd_peer_show },
	{ "sa add", "DEV PEER in|out spi SPI " SUITE " [replay-window N] [seq N] " TFC " " LIFE " [netnsid ID]",
	  "add an SA to a peer", cmd_sa_add },
	{ "sa replace", "DEV PEER out spi SPI " SUITE " [seq N] " TFC " " LIFE " [netnsid ID]",
	  "swap the SA that is sent on, without a gap", cmd_sa_replace },
	{ "sa set", "DEV PEER in|out spi SPI [proto esp|ah] seq N [netnsid ID]",
	  "move the sequence number of an SA forward", cmd_sa_set },
	{ "sa del", "DEV PEER in|out spi SPI [proto esp|ah] [netnsid ID]",
	  "remove an SA", cmd_sa_del },
	{ "sa show", "[DEV [PEER] [netnsid ID]]",
	  "show SAs", cmd_sa_show },
	{ "spi add", "DEV PEER [proto esp|ah] [min SPI max SPI] [netnsid ID]",
	  "reserve an SPI for an inbound SA to come, for 30 seconds", cmd_spi_add },
	{ "show", "",
	  "show everything on one page", cmd_show },
	{ "monitor", "[drops|all]",
	  "print events, of changes or of dropped packets, until interrupted", cmd_monitor },
	{ "encap", "PORT",
	  "hold a UDP port for ESP in UDP until interrupted", cmd_encap },
	{ "dummy", "DEV PEER [count N] [length BYTES] [netnsid ID]",
	  "send packets that the peer discards", cmd_dummy },
	{ "flush", "sa|peer [DEV [netnsid ID]]",
	  "remove all SAs, or all peers with their SAs", cmd_flush },
	{ "algs", "",
	  "show the algorithms and their implementations", cmd_algs },
	{ "up", "DEV|FILE",
	  "make an interface as its configuration file says", cmd_up },
	{ "down", "DEV|FILE",
	  "say goodbye to its peers and remove it", cmd_down },
	{ "check", "DEV|FILE",
	  "say what is wrong with a configuration file", cmd_check },
	{ "ike status", "",
	  "show what ipsec-iked has negotiated, and its counters", cmd_ike_status },
	{ "ike up", "DEV PEER",
	  "negotiate with a peer now", cmd_ike_up },
	{ "ike down", "DEV PEER",
	  "close the SAs of a peer", cmd_ike_down },
	{ "ike rekey", "DEV PEER [ike]",
	  "new keys for the child SA, or for the IKE SA", cmd_ike_rekey },
	{ "ike log", "",
	  "show the last lines of ipsec-iked's log", cmd_ike_log },
	{ "export wireshark", "DIR",
	  "write the keys that Wireshark decrypts with", cmd_export_wireshark },
};

const struct printer *command_printer = &printer_human;

static void print_help_of(FILE *out, const struct command *command)
{
	fprintf(out, "  ipsecctl %s%s%s\n      %s\n", command->name,
		command->syntax[0] ? " " : "", command->syntax,
		command->summary);
}

static void print_help(FILE *out)
{
	fputs("usage: ipsecctl [-j|--json] COMMAND\n"
	      "       ipsecctl help [COMMAND] | --help | --version\n\n", out);
	for (size_t i = 0; i < COUNT(commands); i++)
		print_help_of(out, &commands[i]);
	fputs("\nKeys are read from files, never from the command line.  See ipsecctl(8).\n",
	      out);
}

/* How many of the words are the words of the command's name; 0: not all */
static size_t match(const struct command *command, char **words)
{
	const char *name = command->name;
	size_t n = 0;

	while (words[n]) {
		size_t len = strcspn(name, " ");

		if (strlen(words[n]) != len || strncmp(words[n], name, len))
			return 0;
		n++;
		if (!name[len])
			return n;
		name += len + 1;
	}
	return 0;
}

/* True when the first word of a command is @word: "dev", "show" */
static bool begins_with(const struct command *command, const char *word)
{
	size_t len = strcspn(command->name, " ");

	return strlen(word) == len && !strncmp(command->name, word, len);
}

/*
 * What could have stood in place of a wrong word: the second words of the
 * commands that begin with @first, or all first words when it is NULL.
 */
static void print_expected(FILE *out, const char *first)
{
	const char *joint = "";

	for (size_t i = 0; i < COUNT(commands); i++) {
		const char *name = commands[i].name;
		size_t len = strcspn(name, " ");

		if (first && !begins_with(&commands[i], first))
			continue;
		if (!first && i && !strncmp(name, commands[i - 1].name, len))
			continue;
		if (first)
			fprintf(out, "%s%s", joint, name + len + 1);
		else
			fprintf(out, "%s%.*s", joint, (int)len, name);
		joint = ", ";
	}
}

/* Says what is wrong with words that name no command; EXIT_USAGE */
static int fail_unknown(char **words)
{
	const char *first = NULL, *wrong = words[0];
	struct safe_text safe;

	for (size_t i = 0; words[0] && i < COUNT(commands); i++) {
		if (begins_with(&commands[i], words[0]))
			first = words[0];
	}
	if (first)
		wrong = words[1];
	fputs("ipsecctl: ", stderr);
	if (first)
		fprintf(stderr, "%s: ", first);
	if (!wrong)
		fputs("a word is missing", stderr);
	else if (safe_looks_like_key(wrong))
		fputs("unknown word", stderr);
	else
		fprintf(stderr, "unknown word \"%s\"", safe_text(wrong, &safe));
	fputs(", expected one of: ", stderr);
	print_expected(stderr, first);
	fputs(first ? "\n" : ", help\n", stderr);
	return EXIT_USAGE;
}

/* help [COMMAND], where COMMAND may be the first word of several */
static int help(char **words)
{
	bool found = false;

	if (!words[0]) {
		print_help(stdout);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < COUNT(commands); i++) {
		size_t n = match(&commands[i], words);

		if ((n && !words[n]) ||
		    (begins_with(&commands[i], words[0]) && !words[1])) {
			print_help_of(stdout, &commands[i]);
			found = true;
		}
	}
	return found ? EXIT_DONE : fail_unknown(words);
}

static int dispatch(char **argv)
{
	struct words words = { 0 };

	if (argv[0] && !strcmp(argv[0], "help"))
		return help(argv + 1);
	for (size_t i = 0; i < COUNT(commands); i++) {
		size_t n = match(&commands[i], argv);

		if (n) {
			words.next = argv + n;
			return commands[i].run(&commands[i], &words);
		}
	}
	return fail_unknown(argv);
}

/* What was printed must have arrived; a reader who has gone is no news */
static int finish(int code)
{
	if (!ferror(stdout) && !fflush(stdout))
		return code;
	if (errno != EPIPE)
		fprintf(stderr, "ipsecctl: standard output: %s\n",
			strerror(errno));
	return code ? code : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	int option;

	/* "+": the first word that is no option begins the command */
	while ((option = getopt_long(argc, argv, "+jhV", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			command_printer = &printer_json;
			break;
		case 'h':
			print_help(stdout);
			return finish(EXIT_DONE);
		case 'V':
			printf("ipsecctl %s\n", IPSEC_VERSION);
			return finish(EXIT_DONE);
		default:
			fputs("usage: ipsecctl [-j|--json] COMMAND; see: ipsecctl help\n",
			      stderr);
			return EXIT_USAGE;
		}
	}
	return finish(dispatch(argv + optind));
}
