/* SPDX-License-Identifier: MIT */
/* What the tests of the framings share: feeding a stream in pieces, and a scanner for framing raw. */
#ifndef TEST_FRAME_FEED_H
#define TEST_FRAME_FEED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <onggi/frame.h>

/* A string literal with NUL bytes in it, as two initialisers: the bytes and their number. */
#define BYTES(literal) literal, sizeof(literal) - 1

enum { MAX_MESSAGES = 8 };

/* What came out of a stream. */
typedef struct outcome {
    size_t count;
    struct {
        uint8_t bytes[4096];
        size_t len;
    } messages[MAX_MESSAGES];
    int status;    /* of the last call */
    og_error err;  /* if it is negative; its position counts from the start of the stream */
    size_t rest;   /* bytes that were not consumed */
    size_t most;   /* the largest og_frame_need(), from the start of its frame */
    bool scramble; /* in: overwrite bytes once looked at, to prove that they are not looked at again */
} outcome;

/* Brackets in balance: enough of a codec to know where a message ends. White space may be before it. */
typedef struct toy_scan {
    size_t at;
    size_t start;
    size_t depth;
} toy_scan;

int toy_scan_end(void *ctx, const uint8_t *data, size_t len, bool ended, size_t *start, size_t *end,
                 og_error *err);

og_framing framing_of(const char *name);

/* Feeds `stream` with cuts before the bytes at cuts[0] < cuts[1] < …, then says that it has ended. */
void feed(outcome *out, og_framing framing, size_t max_message, const char *stream, size_t len,
          const size_t *cuts, size_t cut_count);

/* Feeds it whole, in two pieces at each place, in three at each pair of places for short streams, and byte by
 * byte; all must give the same outcome, which is left in `out`. */
void feed_every_way(outcome *out, og_framing framing, size_t max_message, const char *stream, size_t len);

#endif
