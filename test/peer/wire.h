/* SPDX-License-Identifier: MIT */
/* A connection's core with bytes fed by hand. */
#ifndef ONGGI_TEST_WIRE_H
#define ONGGI_TEST_WIRE_H

#include "peer/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct wire {
    og__setup setup;
    og__core conn;
} wire;

void open_wire_with(wire *w, og_conn_options options, bool datagram);
void open_wire(wire *w, const char *codec, const char *framing, bool datagram, size_t max);
void close_wire(wire *w);

/* Bytes in memory of their own, with as many after them as feeders promise. */
uint8_t *padded(const void *bytes, size_t len);

/* The next value, as og__peer_core_next(). After 0 the core has rested if nothing is in it. */
int next_of(wire *w, og_value *value, og_error *err);

/* How many have rested. */
extern size_t wire_rests;

/* How to ask for framing `index` of the table; NULL from their number on. */
const char *framing_name(size_t index);

#endif
