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

#include "value/doc.h"

/* How a pickle is read, as far as that matters for what it teaches. */
typedef struct og__shape_way {
    size_t max_depth; /* defaults are in place */
    size_t max_digits;
    bool exact;  /* refused is what Python's readers take for different things */
    bool judged; /* strings that may be pickles are looked into */
} og__shape_way;

/* Whether a pickle of `len` bytes begins as one that taught something. */
bool og__pickle_shape_is_known(const og_doc *doc, const uint8_t *bytes, size_t len);

/* Reads a pickle as one that taught something; OG_PADDING bytes after it may be read. False: nothing was
 * done. */
bool og__pickle_shape_read(og_doc *doc, const uint8_t *bytes, size_t len, const og__shape_way *way);

/* Learns from a pickle that is the document's root, if another one has begun alike. Without memory it learns
 * nothing. */
void og__pickle_shape_learn(og_doc *doc, const uint8_t *bytes, size_t len, const og__shape_way *way);

/* ---- For the two files ---- */

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

/* A scalar that is in a second place, by a GET. */
typedef struct og__shape_copy {
    uint16_t from;
    uint16_t to;
} og__shape_copy;

/* One pickle, and what it became: all in one piece of memory, the tables after this. */
typedef struct og__shape {
    og__lesson lesson;
    uint64_t begins; /* how it begins, after the header */
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
    uint16_t head;   /* bytes before the first opcode after the frame's length */
    uint16_t tail;   /* bytes after the last scalar */
    uint16_t height; /* of the root */
    bool exact;      /* it was read so */
    bool innocent;   /* no key may be a pickle */
} og__shape;

enum {
    OG__SHAPE_LEAST = 16,
    OG__SHAPE_MOST = 12000,    /* bytes of a pickle that teaches */
    OG__SHAPE_PROTO_LEN = 2,   /* PROTO and its argument */
    OG__SHAPE_FRAME_LEN = 11,  /* those, FRAME and its length */
    OG__SHAPE_INT_DIGITS = 20, /* no scalar that it takes has more */
    OG__SHAPE_GAIN = 64        /* what a pickle that is read so pays back of the cost of learning */
};

/* Reads a scalar at `*at`, whose bytes end before `end` or it is none. OG_INVALID: it is something else. */
og_value og__pickle_shape_scalar(const uint8_t **at, const uint8_t *end);

/* Bytes before what a pickle is compared from: a frame's length differs. 0 when its frame is not all of it.
 */
size_t og__pickle_shape_head(const uint8_t *bytes, size_t len);

/* Whose lessons these are. */
extern const char og__pickle_shape_mark;

#endif
