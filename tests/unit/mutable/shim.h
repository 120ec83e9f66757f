/* SPDX-License-Identifier: MIT */
/* shim.h - as much of the kernel as kmod/mutable.c needs, in user space. */
#ifndef MUTABLE_SHIM_H
#define MUTABLE_SHIM_H

#include <netinet/in.h>		/* IPPROTO_* */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint64_t u64;

#endif /* MUTABLE_SHIM_H */
