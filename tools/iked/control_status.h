/* SPDX-License-Identifier: MIT */
/* control_status.h - what ipsecctl is shown, as JSON; the caller puts the object. */
#ifndef IKED_CONTROL_STATUS_H
#define IKED_CONTROL_STATUS_H

#include <json-c/json_object.h>

#include "daemon.h"

/* { "sas": [ { ..., "children": [ ... ] } ], "counters": [ ... ], "half_open": n } */
struct json_object *control_status(struct daemon *d);
/* { "log": [ "..." ] } */
struct json_object *control_log(void);
/* { "ike": [ ... ], "esp": [ ... ] }: secrets, for Wireshark */
struct json_object *control_keys(struct daemon *d);

#endif /* IKED_CONTROL_STATUS_H */
