/* SPDX-License-Identifier: MIT */
/*
 * What a message taught, kept for the next ones: programs send the same keys in the same order for hours. A
 * message of plain data is bytes that are always the same, its keys and all that makes containers, around
 * scalars that are not. When all of those bytes are as they were, so is everything that they do: the
 * containers are copied, and the new scalars are put in their places. All else is read as any message is.
 *
 * A codec finds the scalars of a message, and compares another one with what was learned; all that is between
 * is the same for all codecs.
 */
#ifndef ONGGI_CODEC_SHAPE_H
#define ONGGI_CODEC_SHAPE_H

#include "base/bytes.h"
#include "value/doc.h"

#include <stdatomic.h>
#include <string.h>

enum {
    OG__SHAPE_LEAST = 8,
    OG__SHAPE_MOST = 12000,    /* bytes of a message that teaches */
    OG__SHAPE_INT_DIGITS = 20, /* no scalar that it takes has more */
    OG__SHAPE_GAIN = 64        /* what a message that is read so pays back of the cost of learning */
};

/* Bytes that are always the same, and the scalar after them; the last step has none. */
typedef struct og__shape_step {
    uint64_t begins;     /* the bytes, eight at most, the first one lowest, */
    uint64_t begins_len; /* as far as these bits go */
    uint16_t from;       /* all of them are here in the text, */
    uint16_t same;       /* so many, */
    uint16_t to;         /* and the scalar is this cell */
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

typedef struct og__learner og__learner;

/* Finds the scalars of l->bytes, in order. False: nothing can be learned. It also says whose a shape is. */
typedef bool og__shape_scan(og__learner *l);

/* One message without its head, and what it became: all in one piece of memory, the tables after this. */
typedef struct og__shape {
    og__lesson lesson;
    uint64_t begins; /* as the first step has them */
    uint64_t begins_len;
    og__shape_scan *scan;
    const uint8_t *text;
    og_value *cells; /* the first is the root; pointers of containers are not set */
    og__shape_step *steps;
    og__shape_node *nodes;
    og__shape_copy *copies;
    uint16_t cell_count;
    uint16_t step_count; /* without the last one */
    uint16_t node_count;
    uint16_t copy_count;
    uint16_t head;          /* bytes before it that are not compared */
    uint16_t depth;         /* containers in one another */
    uint16_t way;           /* how it was read: bits of the codec's own */
    int16_t credit;         /* falls when a message begins like it and goes on otherwise */
    _Atomic(uint8_t) plans; /* that were tried for it (plan.h) */
} og__shape;

/* ---- Reading ---- */

/* The next shape after `before` (NULL: the first) that is the codec's own and begins as the message does, of
 * which eight bytes may be read; or NULL. */
og__shape *og__codec_shape_find(const og_doc *doc, const og__shape *before, og__shape_scan *scan,
                                const uint8_t *bytes);

/* Room in the document for what a shape becomes, its cells copied; NULL without memory. */
og_value *og__codec_shape_cells(og_doc *doc, const og__shape *shape);

/* Joins the cells, makes them the document's root, and counts the success. */
void og__codec_shape_finish(og_doc *doc, og__shape *shape, og_value *cells);

/* Counts that a message began like these shapes and was none of them: they may be forgotten. */
void og__codec_shape_missed(og_doc *doc, og__shape_scan *scan, const uint8_t *bytes);

/* True when the bytes from `at` on are those of a step; eight may be read, however few they are. */
static inline __attribute__((always_inline)) bool
og__codec_shape_step_is(const og__shape *shape, const og__shape_step *step, const uint8_t *at)
{
    size_t len = step->same;
    const uint8_t *text = shape->text + step->from;
    if ((og__base_load8(at) & step->begins_len) != step->begins) return false;
    if (len <= 8) return true;
    if (og__base_load8(at + len - 8) != og__base_load8(text + len - 8)) return false;
    return len <= 16 || memcmp(at + 8, text + 8, len - 16) == 0;
}

/* ---- Learning ---- */

enum { OG__NO_SCALAR = UINT16_MAX };

/* A scalar in the message. */
typedef struct og__shape_scalar {
    uint16_t at;   /* its first byte */
    uint16_t end;  /* after its last byte */
    uint16_t of;   /* its own number; of one that repeats another, that one's */
    uint16_t cell; /* where it goes; of a key: where it is */
    bool is_key;
    bool is_kept;   /* of pickles: it has a number of the memo */
    og_value value; /* OG_INVALID: whatever the document has there */
} og__shape_scalar;

/* What is being learned. */
struct og__learner {
    og_doc *doc;  /* whose root the message is */
    bool written; /* it was written from that, not read: texts are elsewhere */
    og__shape_scan *scan;
    const uint8_t *message; /* without its head; what was read from it points there */
    const uint8_t *bytes;   /* a copy of it: OG_PADDING bytes after it may be read */
    size_t len;
    size_t head;
    uint16_t way;
    og__shape_scalar *scalars;
    uint16_t *numbers; /* as many, for the scan's own use */
    size_t most;       /* scalars that there may be */
    size_t scalar_count;
    size_t memoized; /* of pickles: numbers of the memo */
    size_t next;     /* scalar that the document has not had yet */
    size_t cells;    /* that are given out */
    size_t nodes;
    size_t copies;
    size_t depth;
};

/* Adds a scalar that was found from `at` to `end`; `of` is the number of the one that it repeats, or
 * OG__NO_SCALAR. False: there are too many. */
bool og__codec_shape_add(og__learner *l, const uint8_t *at, const uint8_t *end, og_value value, size_t of);

/* Finds the scalars and where each is in the document. False: they are not the same ones in the same order,
 * or there is more than plain data. */
bool og__codec_shape_measure(og__learner *l);

/* Memory for what the learner needs while it learns; false without. */
bool og__codec_shape_begin(og__learner *l);
void og__codec_shape_end(og__learner *l);

/* Learns from a message that is the document's root, if one came before that may have been like it: the
 * caller has set what it is and how it is scanned. Without memory it learns nothing. */
void og__codec_shape_learn(og__learner *l);

#endif
