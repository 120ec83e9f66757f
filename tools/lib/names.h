/* SPDX-License-Identifier: MIT */
/*
 * names.h - every number of the kernel interface that has a text, in one place.
 */
#ifndef TOOLS_LIB_NAMES_H
#define TOOLS_LIB_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/if_ipsec.h>

#define NAME_TEXT_MAX	24

/* The attributes that are limits of an SA, which name_life() names */
#define for_each_life(attr)						\
	for (int attr = IFIPSEC_LIFE_A_SOFT_BYTES;			\
	     attr <= IFIPSEC_LIFE_A_MAX; attr++)

/*
 * The name of a number.  One that this version does not know (the kernel may
 * be newer) is written into @buf as a decimal, and @buf is returned.
 */
const char *name_encr(uint32_t encr, char buf[static NAME_TEXT_MAX]);
const char *name_auth(uint32_t auth, char buf[static NAME_TEXT_MAX]);
const char *name_proto(uint32_t proto, char buf[static NAME_TEXT_MAX]);
const char *name_mode(uint32_t mode, char buf[static NAME_TEXT_MAX]);
const char *name_protect(uint32_t protect, char buf[static NAME_TEXT_MAX]);
const char *name_df(uint32_t df, char buf[static NAME_TEXT_MAX]);
const char *name_operstate(uint32_t state, char buf[static NAME_TEXT_MAX]);
const char *name_event(uint32_t cmd, char buf[static NAME_TEXT_MAX]);
const char *name_expire(uint32_t limit, char buf[static NAME_TEXT_MAX]);
const char *name_life(uint32_t attr, char buf[static NAME_TEXT_MAX]);
const char *name_drop(uint32_t reason, char buf[static NAME_TEXT_MAX]);
const char *name_audit(bool unknown_spi, uint32_t reason,
		       char buf[static NAME_TEXT_MAX]);
const char *name_dir(uint32_t dir, char buf[static NAME_TEXT_MAX]);

/* What the reason means, for an administrator */
const char *name_drop_text(uint32_t reason);

/* Why an interface is in this state, " (in brackets)" or "" */
const char *name_operstate_text(uint32_t state);

/* The number of a name: 0 and @value, or -EINVAL */
int name_parse_encr(const char *name, uint32_t *value);
int name_parse_auth(const char *name, uint32_t *value);
int name_parse_proto(const char *name, uint32_t *value);
int name_parse_mode(const char *name, uint32_t *value);
int name_parse_protect(const char *name, uint32_t *value);
int name_parse_df(const char *name, uint32_t *value);
int name_parse_dir(const char *name, uint32_t *value);
int name_parse_flush(const char *name, uint32_t *value);
int name_parse_life(const char *name, uint32_t *value);

/* All names of a kind, "a, b or c", for error messages */
const char *name_encr_choices(void);
const char *name_auth_choices(void);
const char *name_proto_choices(void);
const char *name_mode_choices(void);
const char *name_protect_choices(void);
const char *name_df_choices(void);
const char *name_dir_choices(void);
const char *name_flush_choices(void);

#endif /* TOOLS_LIB_NAMES_H */
