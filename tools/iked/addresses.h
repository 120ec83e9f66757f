/* SPDX-License-Identifier: MIT */
/*
 * addresses.h - hears from rtnetlink that addresses of this host came or went.  What they
 * are is asked for when it matters.
 */
#ifndef IKED_ADDRESSES_H
#define IKED_ADDRESSES_H

#include <stdbool.h>

/* A socket to wait for, or -errno */
int addresses_open(void);

/* Reads what is there.  True: something changed, or it is not known whether */
bool addresses_read(int fd);

#endif /* IKED_ADDRESSES_H */
