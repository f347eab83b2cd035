/* SPDX-License-Identifier: MIT */
/*
 * A look at the opcodes of a pickle, one after the other: the listing that `python -m pickletools` prints.
 * Nothing is built; stack and memo are only counted, to see whether the opcodes fit one another.
 *
 * Ownership: the caller frees what og_pickle_dis_new() gives; what og_pickle_dis_next() fills in lives until
 * the next call. Threads: a listing belongs to one thread at a time.
 */
#ifndef ONGGI_INSPECT_H
#define ONGGI_INSPECT_H

#include <onggi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct og_pickle_dis og_pickle_dis;

/* One opcode. */
typedef struct og_pickle_line {
    size_t position;      /* of the opcode's byte */
    size_t size;          /* with its argument */
    uint8_t byte;         /* the opcode */
    const char *name;     /* e.g. "BINPUT" */
    const char *summary;  /* what it does, a few words */
    unsigned protocol;    /* the first protocol that writes it */
    size_t marks;         /* open marks before it: how far the listing is indented */
    bool has_argument;    /* then: */
    const char *argument; /* as Python's repr() shows it; ends with a NUL */
    size_t argument_len;
    char note[64]; /* "(MARK at 12)", "(as 0)", "no MARK exists on stack", or "" */
} og_pickle_line;

/* Begins with the pickle at `bytes`, which must stay. NULL without memory. */
OG_API og_pickle_dis *og_pickle_dis_new(const void *bytes, size_t len);
OG_API void og_pickle_dis_free(og_pickle_dis *dis);

/*
 * The next opcode: 1, 0 after STOP, < 0 for an opcode whose argument cannot be read, or that does not fit the
 * stack and memo. `*shown` (may be NULL) says whether `line` was filled all the same, as it is for those that
 * do not fit; nothing comes after an error.
 */
OG_API int og_pickle_dis_next(og_pickle_dis *dis, og_pickle_line *line, bool *shown, og_error *err);

/* The highest protocol among the opcodes so far. */
OG_API unsigned og_pickle_dis_protocol(const og_pickle_dis *dis);

/* After STOP: OG_ESYNTAX when values are left on the stack. */
OG_API int og_pickle_dis_end(const og_pickle_dis *dis, og_error *err);

/* Appends the line as pickletools prints it, without a line feed. 0, OG_ENOMEM or OG_ELIMIT. */
OG_API int og_pickle_line_write(const og_pickle_line *line, og_buf *out);

#ifdef __cplusplus
}
#endif

#endif
