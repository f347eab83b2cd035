/* SPDX-License-Identifier: MIT */
/*
 * What a pickle taught, kept for the next ones: programs send the same keys in the same order for hours. A
 * pickle of plain data is bytes that are always the same, opcodes and keys, around scalars that are not. When
 * all of those bytes are as they were, so is everything that they do: the containers are copied, and the new
 * scalars are put in their places. All else is read as any pickle is.
 */
#ifndef ONGGI_CODEC_PICKLE_READ_SHAPE_H
#define ONGGI_CODEC_PICKLE_READ_SHAPE_H

#include <onggi/pickle.h>

#include "base/bytes.h"
#include "value/doc.h"

/* How a pickle is read, as far as that matters for what it teaches. */
typedef struct og__pickle_way {
    size_t max_depth; /* defaults are in place */
    size_t max_digits;
    bool exact;  /* refused is what Python's readers take for different things */
    bool judged; /* strings that may be pickles are looked into */
} og__pickle_way;

/* Whether a pickle of `len` bytes begins as one that taught something. */
bool og__pickle_shape_is_known(const og_doc *doc, const uint8_t *bytes, size_t len);

/* Reads a pickle as one that taught something; OG_PADDING bytes after it may be read. False: nothing was
 * done. */
bool og__pickle_shape_read(og_doc *doc, const uint8_t *bytes, size_t len, const og__pickle_way *way);

/* Learns from a pickle that is the document's root, if one came before that may have been like it. Without
 * memory it learns nothing. */
void og__pickle_shape_learn(og_doc *doc, const uint8_t *bytes, size_t len, const og__pickle_way *way);

/* ---- A shape ---- */

enum {
    OG__SHAPE_LEAST = 8,
    OG__SHAPE_MOST = 12000,    /* bytes of a pickle that teaches */
    OG__SHAPE_INT_DIGITS = 20, /* no scalar that it takes has more */
    OG__SHAPE_GAIN = 64        /* what a pickle that is read so pays back of the cost of learning */
};

/* Bytes that are always the same, and the scalar after them. */
typedef struct og__shape_step {
    uint16_t from; /* the bytes are here in the text, */
    uint16_t same; /* so many, */
    uint16_t to;   /* and the scalar is this cell */
} og__shape_step;

/* A container: its node is a cell, as its items are, the first of them at `items` (0: it has none). */
typedef struct og__shape_node {
    uint16_t value; /* the cell of the value that the node belongs to */
    uint16_t node;
    uint16_t items;
} og__shape_node;

/* A scalar that is in a second place. */
typedef struct og__shape_copy {
    uint16_t from;
    uint16_t to;
} og__shape_copy;

/* One pickle without its head, and what it became: all in one piece of memory, the tables after this. */
typedef struct og__shape {
    og__lesson lesson;
    uint64_t begins;     /* how it begins, up to the first scalar, */
    uint64_t begins_len; /* as far as these bits go */
    const uint8_t *text;
    og_value *cells; /* the first is the root; pointers of containers are not set */
    og__shape_step *steps;
    og__shape_node *nodes;
    og__shape_copy *copies;
    uint16_t len; /* of the text */
    uint16_t cell_count;
    uint16_t step_count;
    uint16_t node_count;
    uint16_t copy_count;
    uint16_t head;  /* bytes before it: PROTO, FRAME and its length */
    uint16_t tail;  /* bytes after the last scalar */
    uint16_t depth; /* containers in one another */
    int16_t credit; /* falls when a pickle begins like it and goes on otherwise */
    bool exact;     /* it was read so */
    bool innocent;  /* no string in it may be a pickle */
} og__shape;

/* ---- Learning ---- */

enum { OG__NO_SCALAR = UINT16_MAX };

/* A scalar in the pickle. */
typedef struct og__shape_scalar {
    uint16_t at;   /* its first byte */
    uint16_t end;  /* after its last byte */
    uint16_t of;   /* its own number; of one that repeats another, that one's */
    uint16_t cell; /* where it goes; of a key: where it is */
    bool is_key;
    og_value value;
} og__shape_scalar;

/* What is being learned. */
typedef struct og__learner {
    og_doc *doc; /* whose root the pickle is */
    const uint8_t *bytes;
    size_t len;
    size_t head;
    bool exact;
    bool innocent;
    og__shape_scalar *scalars;
    uint16_t *memo; /* the numbers of its entries, OG__NO_SCALAR for what is none */
    size_t most;    /* scalars, and entries of the memo */
    size_t scalar_count;
    size_t next;  /* scalar that the document has not had yet */
    size_t cells; /* that are given out */
    size_t nodes;
    size_t copies;
    size_t depth;
} og__learner;

/* Bytes before what is compared: the length of a frame differs. SIZE_MAX where the frame is not all of the
 * rest, or the pickle is too short or too long. */
size_t og__pickle_shape_head(const uint8_t *bytes, size_t len);

/* Finds the scalars of l->bytes, in order. False: nothing can be learned. */
bool og__pickle_shape_scan(og__learner *l);

#endif
