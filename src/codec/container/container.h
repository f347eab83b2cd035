/* SPDX-License-Identifier: MIT */
/*
 * The insides of the walk: one row for each kind of container, with how to know it and how to read it.
 *
 * Ownership: a reader owns what it allocates in its state; the parts that it gives point there or into its
 * block, until its next step or its end.
 */
#ifndef ONGGI_CODEC_CONTAINER_CONTAINER_H
#define ONGGI_CODEC_CONTAINER_CONTAINER_H

#include <onggi/container.h>

/* Bytes to look at. */
typedef struct og__block {
    const uint8_t *bytes;
    size_t len;
    const char *name; /* the last part of its path, or "" */
    size_t name_len;
    bool expected; /* its name says that it is a pickle */
    bool numbers;  /* it is where torch has the numbers of a tensor */
} og__block;

/* What a reader may still unpack, shared by the whole walk. */
typedef struct og__budget {
    size_t item;
    size_t total;
} og__budget;

/* What a step of a reader gives. */
typedef enum og__part_kind {
    OG__PART_MEMBER, /* bytes that may be anything: the walk goes into them */
    OG__PART_PICKLE, /* bytes where Python would start to unpickle */
    OG__PART_ARRAY,  /* numbers */
    OG__PART_WRONG   /* something cannot be read: `wrong`, which outlives the part */
} og__part_kind;

typedef struct og__part {
    og__part_kind kind;
    const char *name; /* of a member, without a NUL at its end; NULL: it has no name of its own */
    size_t name_len;
    const uint8_t *bytes;
    size_t len;
    size_t offset; /* in the block */
    size_t number;
    bool numbers; /* as in og__block */
    const char *wrong;
} og__part;

/* Every member is called by the walk, in this order. */
typedef struct og__container_reader {
    size_t size; /* of its state, which starts as zeros */

    /* Begins. NULL, or why nothing of the block can be read. */
    const char *(*begin)(void *state, const og__block *block, og__budget *budget);

    /* The next part: 1, 0 after the last. `used`: bytes of the pickle given last; 0: not read to its end. */
    int (*next)(void *state, size_t used, og__part *part);

    /* Frees what the state owns; may be NULL. */
    void (*end)(void *state);
} og__container_reader;

typedef struct og__container_kind {
    const char *name;
    const char *what;
    bool (*is)(const og__block *block);
    const og__container_reader *reader; /* NULL: known, but not opened here */
    const char *advice;                 /* then, or NULL */
} og__container_kind;

/* The kind that the block is, or NULL. */
const og__container_kind *og__container_find(const og__block *block);

/* Rows of the table. */
bool og__container_is_zip(const og__block *block);
bool og__container_ends_zip(const og__block *block);
bool og__container_is_npy(const og__block *block);
bool og__container_is_tar(const og__block *block);
bool og__container_is_gzip(const og__block *block);
bool og__container_is_zlib(const og__block *block);
bool og__container_is_zfile(const og__block *block);
bool og__container_is_ar(const og__block *block);
bool og__container_is_lzma(const og__block *block);
extern const og__container_reader og__container_zip;
extern const og__container_reader og__container_npy;
extern const og__container_reader og__container_tar;
extern const og__container_reader og__container_gzip;
extern const og__container_reader og__container_zlib;
extern const og__container_reader og__container_zfile;
extern const og__container_reader og__container_ar;

/* What is no container in the table, but a row of pickles. */
extern const og__container_reader og__container_pickles;

/* Files of torch before 1.6 begin with a number of their own; after five pickles come the numbers of the
 * tensors. */
enum { OG__OLD_TORCH_PICKLES = 5 };
bool og__container_is_old_torch(const og__block *block);

/* Makes `part` say what is wrong; returns 1. */
int og__container_wrong(og__part *part, const char *wrong, size_t offset);

/* What to say of more bytes than the budget allows; the walk knows it by its address. */
extern const char og__container_too_long[];

/* How far Python's unpickler would get with bytes that are perhaps no pickle. */
typedef enum og__prefix {
    OG__PREFIX_STOPS, /* all of Python's readers give up before they import or call anything */
    OG__PREFIX_ENDS,  /* the bytes end first: likewise, but more bytes would go on */
    OG__PREFIX_NAMES, /* it comes to the name of a class or function */
    OG__PREFIX_WHOLE  /* it is a pickle: it comes to STOP */
} og__prefix;

typedef struct og__begun {
    og__prefix prefix;
    size_t at;    /* of the opcode that decided */
    bool counted; /* OG__PREFIX_ENDS: within bytes that are counted, where text comes to only by chance */
    bool tainted; /* after a persistent id, a code of copyreg's registry or a name that no module has, at
                   * which pickle.load gives up, but perhaps not every program */
} og__begun;

og__begun og__container_prefix(const uint8_t *bytes, size_t len);

/* Whether bytes begin as only a pickle of protocol 1 and up does. */
bool og__container_says_protocol(const uint8_t *bytes, size_t len);

/* Whether all of it is text: "text" or what kind, or NULL. */
const char *og__container_text(const uint8_t *bytes, size_t len);

/* Whether `name` ends as pickles are called. */
bool og__container_expects_pickle(const char *name, size_t len);

/*
 * Whether bytes are, from their start on, something that no loader unpickles: what, and in `*end` where it
 * ends (SIZE_MAX: with the bytes). `size` is the length of all, of which only `len` bytes may be here.
 */
const char *og__container_other(const uint8_t *bytes, size_t len, uint64_t size, uint64_t *end);

/* The header of one array of numpy. */
typedef struct og__npy_header {
    size_t data;   /* where it ends */
    bool objects;  /* a pickle follows, or may follow */
    uint64_t size; /* of the numbers, else */
} og__npy_header;

/* NULL, or what is wrong. */
const char *og__container_npy_header(const uint8_t *bytes, size_t len, og__npy_header *header);

/* True for white space and NULs, which files are padded with. */
bool og__container_is_padding(const uint8_t *bytes, size_t len);

/* A number of up to eight bytes, the lowest first. */
static inline uint64_t og__container_le(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = size; i > 0; i--)
        number = number << 8 | bytes[i - 1];
    return number;
}

static inline uint64_t og__container_be(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

#endif
