/* SPDX-License-Identifier: MIT */
/*
 * Watching a pickle being read: before each opcode the watcher looks at what the reader is about to take, and
 * after it at what the reader has made. It changes nothing and may refuse.
 */
#ifndef ONGGI_CODEC_PICKLE_WATCH_H
#define ONGGI_CODEC_PICKLE_WATCH_H

#include "codec/pickle/policy.h"
#include "codec/pickle/reader.h"

/* Uses of a pickle inside that are held back until it is sure that it is one. */
enum { OG__HELD_MAX = 16 };

/* What a report is made of while it grows. */
typedef struct og__findings {
    og_doc *doc;    /* owns the texts */
    og_value index; /* dict: what makes a use different from others -> its number */
    og_pickle_use *uses;
    size_t count;
    size_t cap;
    size_t left_out;
    size_t bytes; /* of texts */
} og__findings;

typedef struct og__held {
    og_use_how how;
    bool allowed;
    og_value module;
    og_value qualname;
    size_t inside;
} og__held;

/* One pickle of those that stand in one another. */
typedef struct og__level {
    og__reader *reader;
    size_t frame_end; /* bytes from its start at which the current frame ends; 0: none */
    bool sure;        /* that it is a pickle: what it does counts */
    bool imported;    /* it has named a class */
    unsigned held_count;
    og__held held[OG__HELD_MAX];
    og_error denied; /* why it is refused, as far as is known; OG_OK when it is not */
} og__level;

/* A pickle in the bytes of another one. */
typedef struct og__nested {
    og__level level;
    og__reader reader;
    og_doc *doc;
    og_error err; /* of reading it */
} og__nested;

typedef struct og__watch {
    const og_policy *policy;
    og__findings *findings; /* NULL: the first refusal ends the reading */
    const og_allocator *alloc;
    size_t position; /* of the opcode of the outermost pickle that holds the ones inside */
    unsigned depth;  /* of the level in hand */
    og__level outer;
    og__nested *nested[OG__NESTED_MAX]; /* made when needed */
    size_t *starts;
} og__watch;

void og__watch_init(og__watch *watch, const og_policy *policy, og__findings *findings, const og_allocator *alloc);
void og__watch_fini(og__watch *watch);

/* Runs `reader` to STOP: 0, or < 0 with the error set. What is refused is in watch->outer.denied then; without
 * findings it is an error. */
int og__watch_run(og__watch *watch, og__reader *reader);

/* Looks at the opcode reader->op before it is done, as a strict policy wants it. 0, or OG_EPOLICY with
 * `err` filled. */
int og__strict_before(og__level *level, og_error *err);

/* Whether a str is a name that all readers take for the same. */
bool og__strict_name(og_value name);

/* Notes a use. 0 or OG_ENOMEM. */
int og__findings_add(og__findings *findings, const og_pickle_use *use);

#endif
