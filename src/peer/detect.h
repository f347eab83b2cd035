/* SPDX-License-Identifier: MIT */
/*
 * Detection: from the first bytes of a stream, or one datagram, to codec and framing. Pure functions over the
 * tables of both; what is decided how, and why, is told in doc/detection.md.
 */
#ifndef ONGGI_PEER_DETECT_H
#define ONGGI_PEER_DETECT_H

#include <onggi/codec.h>
#include <onggi/frame.h>

enum { OG__SEEN_SIZE = 128 };

/* What was fed so far, and what is known already. */
typedef struct og__look {
    const uint8_t *data;
    size_t len;
    bool paused;           /* nothing has come for a moment */
    bool silent;           /* nor for a while */
    bool still;            /* nor for a good while: no peer stops so long within a header */
    bool ended;            /* nothing will come any more */
    bool datagram;         /* the bytes are one datagram, whole */
    bool client;           /* the peer is a server, which may greet in text */
    bool bare;             /* no framing is there: only the codec is asked for */
    const og_codec *codec; /* asked for, or NULL */
    size_t max_message;
} og__look;

typedef struct og__detected {
    const og_codec *codec; /* NULL: the first message will tell */
    og_framing framing;
    int note; /* what the codec says of the first bytes, or OG_CODEC_NO_NOTE */
} og__detected;

/* 1: decided; 0: needs more bytes; OG_EAMBIGUOUS, OG_ESYNTAX, OG_ELIMIT, OG_ETRUNCATED: refused, `err` says
 * what to do. */
int og__peer_detect(const og__look *look, og__detected *out, og_error *err);

/* The same, without the short way for texts that are clear: its plain twin. */
int og__peer_detect_in_full(const og__look *look, og__detected *out, og_error *err);

/* What was seen and why that means `found`, into `text` of OG__SEEN_SIZE bytes. */
void og__peer_detect_describe(const uint8_t *data, size_t len, const og__detected *found, char *text);

/* The codec of one whole message, where the framing is known. As og__peer_detect(). */
int og__peer_detect_codec(const uint8_t *data, size_t len, og__detected *out, og_error *err);

#endif
