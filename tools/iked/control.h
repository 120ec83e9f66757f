/* SPDX-License-Identifier: MIT */
/*
 * control.h - the daemon's socket for ipsecctl.  One request a connection, in JSON: the
 * client writes it, ends its side, and reads the answer.
 *
 *   { "do": "load", "path": "/etc/ipsec/ipsec0.conf", "ifname": "ipsec0",
 *     "text": "...", "files": { "/etc/ipsec/a.psk": "base64" } }
 *   { "do": "unload", "ifname": "ipsec0" }
 *   { "do": "up" | "down" | "rekey" | "rekey-ike", "ifname": "ipsec0", "peer": "branch" }
 *   { "do": "status" | "log" | "keys" | "hello" }
 *
 * Answers: { "error": "a sentence" }, or what was asked for; nothing, to "hello".
 */
#ifndef IKED_CONTROL_H
#define IKED_CONTROL_H

#include "daemon.h"

#define CONTROL_PATH		RUN_DIR "/iked.sock"
#define CONTROL_REQUEST_MAX	(64 << 20)	/* bytes */
#define CONTROL_ERROR_MAX	400

/**
 * control_answer() - what a request is answered with
 * @text: the request, @len bytes
 * @answer: set to the answer; free() it
 *
 * Does what it says; no I/O but that of certificates.  0 or -ENOMEM.
 */
int control_answer(struct daemon *d, const char *text, size_t len, char **answer);

/* Listens on a path that root can use only.  A file descriptor or -errno */
int control_listen(const char *path);

/* Hands a configuration to the daemon: its files are read where they are.  0, or
 * -errno with a sentence.
 */
int control_load_file(struct daemon *d, const char *path,
		      char error[static CONTROL_ERROR_MAX]);

#endif /* IKED_CONTROL_H */
