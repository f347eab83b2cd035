/* SPDX-License-Identifier: MIT */
/*
 * What the two files of datagrams on a loop share: datagrams.c (receiving, opening, closing) calls
 * datagrams_out.c (sending). For this room only; ownership and threads as in net/loop.h.
 */
#ifndef ONGGI_NET_DATAGRAMS_PARTS_H
#define ONGGI_NET_DATAGRAMS_PARTS_H

#include "net/loop_parts.h"

/* Messages of one system call. */
enum { OG__DATAGRAM_BATCH = 16 };

struct og__datagrams {
    og__handle handle;
    og__socket socket;
    og__loop *loop;
    void (*on_data)(void *ctx, const uint8_t *data, size_t len, const og__address *from);
    void (*on_error)(void *ctx, const og_error *err);
    void (*on_close)(void *ctx);
    void *ctx;
    og__timer *retry; /* Unix sockets only */
    og_buf queue;
    size_t sent;     /* bytes of the queue that are done with */
    size_t alone;    /* up to there each datagram of the queue leaves alone */
    size_t together; /* the longest datagrams that leave together; 0: none do */
    unsigned pieces; /* datagrams in each message of the last batch, rounded up */
    int interest;    /* of `poll` */
    bool handing;    /* a batch is being handed out: sends wait for its end */
    bool blocked;    /* the system took no more */
    bool deaf;       /* nothing more is read */
    bool closing;
    uv_poll_cb on_poll; /* of datagrams.c */
    uv_poll_t poll;
};

/* ---- datagrams_out.c ---- */

/* Has the system tell of what is awaited. */
void og__net_datagrams_update(og__datagrams *datagrams);

/* Tells the owner of one datagram that is lost. */
void og__net_datagrams_report(og__datagrams *datagrams, const og_error *err);
void og__net_datagrams_report_sys(og__datagrams *datagrams, int sys, const char *doing,
                                  const og__address *peer);

/* Finds out whether the system takes several datagrams in one message. */
void og__net_datagrams_probe(og__datagrams *datagrams);

/* Sends what is queued, as far as the system takes it. */
void og__net_datagrams_flush(og__datagrams *datagrams);

/* For the timer `retry`. */
void og__net_datagrams_retry(void *datagrams);

#endif
