/* SPDX-License-Identifier: MIT */
/*
 * Watching a pickle being read: before each opcode the watcher looks at what the reader is about to take, and
 * after it at what the reader has made. It changes nothing, and notes or refuses what a policy does not
 * allow.
 */
#ifndef ONGGI_CODEC_PICKLE_JUDGE_WATCH_H
#define ONGGI_CODEC_PICKLE_JUDGE_WATCH_H

#include "codec/pickle/judge/policy.h"
#include "codec/pickle/judge/torch.h"
#include "codec/pickle/read/reader.h"

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

/* One pickle of those that are in one another. */
typedef struct og__level {
    og__reader *reader;
    bool sure;        /* that it is a pickle: what it does counts */
    bool imported;    /* it has named a class */
    bool loads;       /* it has named torch.storage._load_from_bytes, whose calls are looked into */
    og__torch *torch; /* the file of torch that its pickle is in, or NULL */
    bool failed;      /* no reader but perhaps another than ours goes on: what follows is noted only */
    unsigned held_count;
    og_pickle_use held[OG__HELD_MAX];
    og_error denied; /* the first reason to refuse it; OG_OK: none */
} og__level;

/* A pickle in the bytes of another one. */
typedef struct og__nested {
    og__level level;
    og__reader reader;
    og_doc *doc;
    og__torch torch; /* where level.torch says so */
    og_error err;    /* of reading it */
} og__nested;

typedef struct og__watch {
    const og__rules *policy;
    bool default_allow;     /* what no row names is let pass */
    og__findings *findings; /* NULL: the first refusal ends the reading */
    const og_allocator *alloc;
    size_t position; /* of the opcode of the outermost pickle that holds the one in hand */
    unsigned depth;  /* of the level in hand */
    size_t work;     /* bytes within bytes that may still be looked at */
    bool exhausted;  /* there were more */
    og__level outer;
    og__nested *nested[OG__NESTED_MAX]; /* made when needed */
} og__watch;

/* `policy` must be held until the end. */
void og__pickle_watch_init(og__watch *watch, const og__rules *policy, og__findings *findings,
                           const og_allocator *alloc);
void og__pickle_watch_fini(og__watch *watch);

/*
 * Runs `reader` to STOP: 0, or < 0 with the reader's error set. What the policy does not allow is
 * OG_EPOLICY; with findings it is noted in watch->outer.denied instead, and the reading goes on.
 */
int og__pickle_watch_run(og__watch *watch, og__reader *reader);

/* ---- Between the files of the watcher ---- */

static inline og__level *og__pickle_watch_level(og__watch *watch)
{
    return watch->depth ? &watch->nested[watch->depth - 1]->level : &watch->outer;
}

/* The class that a value is or was made by; other than by name there is none. */
og_value og__pickle_class_of(og_value v);

/* Notes why the level is refused, unless that is known already. */
void og__pickle_watch_refuse(og__watch *watch, og__level *level, const char *format, ...) OG_PRINTF(3, 4);

/* As og__pickle_watch_refuse(), for what is done with a class: `why` is "is called with …". */
void og__pickle_watch_refuse_call(og__watch *watch, og__level *level, const char *why, og_value cls);

/* Notes a use of a class; of any other value it is not known of which. 0 or OG_ENOMEM. */
int og__pickle_watch_use(og__watch *watch, og__level *level, og_use_how how, og_value of);

/* From now on what the level does counts. 0 or OG_ENOMEM. */
int og__pickle_watch_make_sure(og__watch *watch, og__level *level);

/* When the opcode just done has pushed bytes that may be a pickle, goes into them. 0 or OG_ENOMEM. */
int og__pickle_watch_enter(og__watch *watch);

/* The level in hand cannot be read on from the opcode reader->op: notes the names that are from there on,
 * which another reader may come to. 0 or OG_ENOMEM. */
int og__pickle_watch_rest(og__watch *watch);

/* Notes that a class is named; OG_INVALID: it is not known which. 0 or OG_ENOMEM. */
int og__pickle_watch_import(og__watch *watch, og__level *level, og_value module, og_value qualname);

/* Likewise of a code of copyreg's registry, and of a persistent id. */
int og__pickle_watch_extension(og__watch *watch, og__level *level, int64_t number);
int og__pickle_watch_persistent(og__watch *watch, og__level *level);

/* Whether what the function is called with is judged: it loads, and no row of allow-unsafe says otherwise. */
bool og__pickle_watch_looks_into(const og__watch *watch, og_value cls);

/* Leaves the innermost one, whose reading ended with `status`. 0 or OG_ENOMEM. */
int og__pickle_watch_leave(og__watch *watch, int status);

/* NULL without memory. */
og__findings *og__pickle_findings_new(void);
void og__pickle_findings_free(og__findings *findings);

/* Notes a use. 0 or OG_ENOMEM. */
int og__pickle_findings_add(og__findings *findings, const og_pickle_use *use);

#endif
