/* SPDX-License-Identifier: MIT */
/* Asking detection about bytes; the answer is in `found` and `err`. */
#ifndef ONGGI_TEST_DETECT_TEST_H
#define ONGGI_TEST_DETECT_TEST_H

#include "frame/frame.h"
#include "peer/detect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define B(text) text, sizeof text - 1

extern og__detected found;
extern og_error err;

/* og__peer_detect() of the bytes. The limit is 64 MiB unless `with` has one. */
int look(const void *bytes, size_t len, og__look with);

/* `found` in words. */
const char *as_told(const void *bytes, size_t len);

#endif
