/* SPDX-License-Identifier: MIT */
/*
 * What holds pickles: zip archives (torch, npz), numpy's arrays, tar archives, packed streams, and files with
 * several pickles in a row. A walk goes through a block of bytes and all that is nested in it, as Python's
 * loaders would, and gives each thing once: judged by a policy, known to be something else, or unreadable.
 * Nothing is passed over without proof, and nothing is run.
 *
 * Ownership: the caller keeps the block until og_walk_free(), which frees the walk; an entry lives until the
 * next call. Threads: a walk belongs to one thread at a time.
 */
#ifndef ONGGI_CONTAINER_H
#define ONGGI_CONTAINER_H

#include <onggi/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Name, text. */
#define OG_ENTRY_MAP(X)                                                                       \
    X(OG_ENTRY_PICKLE, "pickle")         /* judged: see its report */                         \
    X(OG_ENTRY_ARCHIVE, "archive")       /* what is in it comes next */                       \
    X(OG_ENTRY_ARRAY, "array")           /* numbers of numpy, with no object among them */    \
    X(OG_ENTRY_OTHER, "other")           /* known to be something that no loader unpickles */ \
    X(OG_ENTRY_UNREADABLE, "unreadable") /* nobody can say what it holds: treat it as the worst */

typedef enum og_entry_kind {
#define X(name, text) name,
    OG_ENTRY_MAP(X)
#undef X
} og_entry_kind;

typedef struct og_entry {
    og_entry_kind kind;
    const char *what; /* e.g. "a zip archive", "text" */
    const char *path; /* where in the block: "" or "[model.zip][data.pkl]"; may hold control characters */
    const uint8_t *bytes;
    size_t len;              /* of a pickle: to the end of what holds it; report.size is its own */
    size_t offset;           /* in the block or member that holds it */
    size_t number;           /* of a pickle among those in a row, from 1 */
    unsigned depth;          /* of containers around it */
    og_error reason;         /* why it is unreadable; OG_ELIMIT: for a limit of the options */
    og_pickle_report report; /* of a pickle, and the names in what is unreadable; the walk frees it */
} og_entry;

typedef struct og_walk_options {
    size_t size;             /* sizeof(og_walk_options) */
    const og_policy *policy; /* NULL: plain-data */
    const char *name;        /* of the block, e.g. a file's: its ending may promise a pickle. May be NULL */
    bool pickle;             /* the block is a pickle unless it is a container: do not look for text */
    size_t max_item;         /* bytes of one unpacked member; 0: 1 GiB */
    size_t max_total;        /* bytes of all that is unpacked; 0: 16 times max_item */
    unsigned max_depth;      /* of containers in one another, up to 8; 0: 4 */
} og_walk_options;

typedef struct og_walk og_walk;

/* Begins at `bytes`. NULL: OG_ENOMEM, or OG_EINVAL for options that are not known. */
OG_API og_walk *og_walk_new(const void *bytes, size_t len, const og_walk_options *options, og_error *err);
OG_API void og_walk_free(og_walk *walk);

/* The next entry: 1, 0 after the last one, or OG_ENOMEM. */
OG_API int og_walk_next(og_walk *walk, og_entry *item, og_error *err);

/*
 * What a file is that is too long to be read whole, by its first `len` bytes and its `size`: OG_ENTRY_ARRAY
 * or OG_ENTRY_OTHER and `*what` when these prove that no loader unpickles it, else OG_ENTRY_UNREADABLE.
 */
OG_API og_entry_kind og_entry_known(const void *head, size_t len, uint64_t size, const char **what);

/* Whether the last bytes of a file end a zip archive, whatever the file begins with. */
OG_API bool og_entry_ends_zip(const void *tail, size_t len);

/* Kinds of containers in order: NULL after the last. `*opened`: whether a walk looks inside. */
OG_API const char *og_container_at(size_t index, const char **what, bool *opened);

#ifdef __cplusplus
}
#endif

#endif
