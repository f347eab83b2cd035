/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the JSON writer share. A frame is one open bracket of the output; its items come from a
 * run of values. Functions return 0 or a negative status with the error filled.
 */
#ifndef ONGGI_CODEC_JSON_WRITER_H
#define ONGGI_CODEC_JSON_WRITER_H

#include "value/doc.h"
#include "value/map.h"
#include <onggi/json.h>

/* What a frame's items are. */
typedef enum og__json_frame_kind {
    OG__FRAME_LIST,  /* values from `next` to `last` */
    OG__FRAME_DICT,  /* key and value in turn from `next` to `last` */
    OG__FRAME_PAIRS, /* key and value in turn, each pair written as an array of its own */
    OG__FRAME_STEPS, /* the parts of `object`, `step` says which comes next */
    OG__FRAME_TAG,   /* an object of one item, which is written as it is opened */
    OG__FRAME_DEF    /* an array, likewise */
} og__json_frame_kind;

/* Memory from the writer's allocator. */
typedef struct og__json_block {
    void *bytes;
    size_t size;
} og__json_block;

typedef struct og__json_frame {
    const og_value *next;
    const og_value *last;
    const og_value *first;
    union {
        og__json_block sorted; /* of a DICT: where its pairs are in order; owned */
        og_value object;       /* of STEPS */
    } u;
    size_t record; /* index of the record of the node written here, plus 1; 0: none */
    uint8_t kind;
    uint8_t step;
    char closing;
    bool any;       /* an item has been written */
    bool is_sorted; /* `u.sorted` holds */
} og__json_frame;

/* What is known of a shared node that has been met (strict and plain). */
typedef struct og__json_record {
    size_t start; /* its text in the output, once it is whole */
    size_t len;
    size_t depth;
    enum { OG__RECORD_OPEN, OG__RECORD_WHOLE, OG__RECORD_VARIES } state;
    bool repeats; /* it is open for not the first time */
} og__json_record;

/* What is between things is copied in blocks of OG__SEPARATOR_MAX, up to OG__BETWEEN_MAX. */
enum { OG__SEPARATOR_MAX = 16, OG__BETWEEN_MAX = 128 };

struct og__json_writer;
typedef int og__json_items_fn(struct og__json_writer *w);

typedef struct og__json_writer {
    uint8_t *at;  /* next byte to write */
    uint8_t *end; /* up to here without asking */
    og_buf *out;
    size_t start;             /* length of `out` at the beginning */
    og__json_items_fn *items; /* the fast way */
    og__json_frame *frames;
    size_t depth;       /* of them in use */
    size_t fast_depth;  /* og__json_write_items() will do for so many frames */
    size_t fast_frames; /* of those that are there, it may use so many */
    const og_json_write_options *given;
    og_value value;   /* the root */
    const void *root; /* its node, or NULL: it may be shared without being marked */
    og_error *err;
    bool spaced;  /* more than ',' and ':' is between things */
    bool sorted;  /* keys in order */
    bool ascii;   /* nothing else is written */
    bool general; /* all from here on is set: og__json_begin_general() */

    og_json_write_options o;      /* all set: og__json_take_options() */
    og__json_frame *frames_first; /* those that were there at the beginning, not owned */
    size_t room;                  /* frames that are there */

    size_t limit; /* length of `out` that is not passed while writing: somewhat more than may be in the end */
    size_t max;   /* bytes that the text may have in the end */
    bool unlimited;   /* nobody set that limit */
    bool grows;       /* it follows from what the value was read from */
    size_t source;    /* bytes that it was read from, if so */
    size_t own_limit; /* of `out`, which has none while the text is written */
    const og_allocator *alloc;
    size_t item_separator_len;
    size_t key_separator_len;
    const char *indent_text; /* of a level; NULL: as many spaces */
    size_t indent;           /* bytes of a level */
    bool lines;              /* one line for each item */
    char key_separator[OG__SEPARATOR_MAX];
    char between[OG__BETWEEN_MAX + OG__SEPARATOR_MAX]; /* the separator of items, a line feed, indentation */

    bool root_open; /* strict and plain: it has been met */
    og__map seen;   /* of shared nodes: record number, or the marks of lossless form */
    og__json_record *records;
    size_t record_count;
    size_t record_room;
    size_t lowest_cut; /* outermost frame that "[...]" was written for since it last closed; SIZE_MAX: none */
    size_t repeats;    /* frames open that write a node once more */
    size_t repeated;   /* bytes that repeating has cost so far */
    size_t repeat_start;
    og__json_block spare; /* of a sorted dict that has been written, for the next one */
    og_doc *scratch;      /* of what known objects show as, NULL until there is one */
    size_t scratch_depth; /* frames below the outermost one that shows such a thing; SIZE_MAX: none is open */
    uint64_t defined;     /* py/def numbers given so far */
    bool late;            /* lossless: there are objects made from nodes that may not have been whole */
} og__json_writer;

/* Frames that need no memory. */
enum { OG__FRAMES_AT_FIRST = 16 };

/* Sets w->o from what was given. */
int og__json_take_options(og__json_writer *w);

/* With the options set: sets what the fast way does without, which a short message is written by alone; it
 * would take longer than to write that. Text written so far stays. */
void og__json_begin_general(og__json_writer *w);

/* Likewise for who began the fast way, once; such options can be taken. */
void og__json_end_fast(og__json_writer *w);

/* Sets the limits alone. */
void og__json_set_limits(og__json_writer *w);

/* Sets w->fast_frames, as others are there now. */
static inline void og__json_count_frames(og__json_writer *w)
{
    size_t most = w->room < w->o.max_depth ? w->room : w->o.max_depth;
    w->fast_frames = w->fast_depth < most ? w->fast_depth : most;
}

/* Frees what the general way has taken. */
void og__json_end_general(og__json_writer *w);

/* The frame of a list, tuple or dict whose bracket is written: of all its items, in their order. */
static inline void og__json_set_frame(og__json_frame *f, og_value value)
{
    const og__node *node = og__value_node_of(value);
    bool pairs = og_kind_of(value) == OG_DICT;
    f->next = f->first = node->items;
    f->last = f->first + ((size_t)node->count << pairs);
    f->record = 0;
    f->kind = pairs ? OG__FRAME_DICT : OG__FRAME_LIST;
    f->step = 0;
    f->closing = pairs ? '}' : ']';
    f->any = true;
    f->is_sorted = false;
}

/* ---- Output (write_out.c) ---- */

int og__json_reserve_slow(og__json_writer *w, size_t len);

/* Room for `len` bytes at w->at. */
static inline int og__json_reserve(og__json_writer *w, size_t len)
{
    return (size_t)(w->end - w->at) >= len ? OG_OK : og__json_reserve_slow(w, len);
}

/* Bytes of the buffer that are in use. */
static inline size_t og__json_length(const og__json_writer *w)
{
    return w->out->data ? (size_t)(w->at - w->out->data) : 0;
}

/* Takes w->at and w->end from the buffer, e.g. after something was appended to it. */
void og__json_sync(og__json_writer *w);

int og__json_put(og__json_writer *w, const char *text, size_t len);
int og__json_puts(og__json_writer *w, const char *text);

/* What is before an item: a comma if it is not the first, a new line where lines are wanted. */
int og__json_begin_item(og__json_writer *w);

/* Opens a bracket for the items of `run` (may be NULL). */
int og__json_open(og__json_writer *w, og__json_frame_kind kind, const og_value *run, size_t count);

/* Closes the innermost bracket. */
int og__json_close(og__json_writer *w);

/* As the first item of a new object that closes when its value is written: the key `tag`. */
int og__json_open_tag(og__json_writer *w, const char *tag);

/* A key (ASCII, nothing to escape) with its quotes and separator, as an item. */
int og__json_put_key(og__json_writer *w, const char *key);

/* Frees the memory of a frame that closes, or keeps it for the next one. */
void og__json_end_frame(og__json_writer *w, og__json_frame *f);

/* ---- Values ---- */

/*
 * Writes what is left of the innermost frame, which is a LIST or DICT and not at its end, and of those around
 * it, as fast as can be; w->depth is at most w->fast_depth. Returns where another kind of frame is the
 * innermost one, or a deeper one, or none.
 */
og__json_items_fn og__json_write_items;        /* for any processor */
og__json_items_fn og__json_write_items_avx512; /* for those of which og__base_avx512_numbers() is true */

/* og_json_write() with one of them. */
int og__json_write_by(og_value value, og_buf *out, const og_json_write_options *options, og_error *err,
                      og__json_items_fn *items);

/* Any value: a scalar is written, a container opened. */
int og__json_write_value(og__json_writer *w, og_value value);

/* A value of a kind up to OG_BYTES in strict or plain form. */
int og__json_write_scalar(og__json_writer *w, og_value value);

int og__json_write_string(og__json_writer *w, og_value string);
int og__json_write_text(og__json_writer *w, const char *text, size_t len, bool surrogates);

/* A str without halves of surrogate pairs (unless for ASCII) to `at`, where there is room for OG__TEXT_WORST
 * bytes; returns what is after it. */
#define OG__TEXT_WORST(len) (6 * (len) + 24)
uint8_t *og__json_put_text(uint8_t *at, const char *text, size_t len, bool ascii);

int og__json_write_float(og__json_writer *w, double number);
int og__json_write_int(og__json_writer *w, og_value number);
int og__json_write_base64(og__json_writer *w, og_value bytes);

/* A complex number as str() gives it, e.g. (1+2j), in quotes. */
int og__json_write_complex_text(og__json_writer *w, og_value number);

/* The key of a dict in strict and plain form, coerced to a str as Python does. */
int og__json_write_key(og__json_writer *w, og_value key);

/* Opens a dict, its pairs in order of their keys where that is asked for. */
int og__json_open_dict(og__json_writer *w, og_value dict);

/* A container, class reference or object in strict or plain form. */
int og__json_write_node(og__json_writer *w, og_value value);

/* An object in plain form: opened as what its type shows as where that is known (known/known.h), else as
 * {"py/object": "module.Class", …state}: 0. Or OG__NEXT_VALUE: it shows as `*shown`, which is no object. */
int og__json_plain_object(og__json_writer *w, og_value object, og_value *shown);

/* ---- Shared nodes in strict and plain form (write_shared.c) ---- */

/* What repeating their text may cost in all where nobody set a limit. */
#define OG__REPEAT_MAX OG_MAX_MESSAGE_DEFAULT

/* 1: write the node in full, with `*index` as the record of its frame. 0: it was dealt with. */
int og__json_enter_shared(og__json_writer *w, og_value value, size_t *index);

/* Writes what stands for a node within itself; `depth` is that of the frame that writes it. */
int og__json_cut_cycle(og__json_writer *w, size_t depth, og_value value);

/* The frame that held a shared node has closed; `index` is its record. */
void og__json_leave_shared(og__json_writer *w, size_t index);

/* Opens an object of the value room in plain or lossless form: its class, then its parts as steps. */
int og__json_open_object(og__json_writer *w, og_value object);

/* What next functions return: 0 nothing is left, or one of: */
enum { OG__NEXT_VALUE = 1, OG__NEXT_OPENED = 2 };

/* The next part of the object of the innermost frame, which is of kind OG__FRAME_STEPS: it is in `out`,
 * or has been opened. */
int og__json_next_step(og__json_writer *w, og_value *out);

/* ---- Lossless form (write_lossless.c, write_marks.c) ---- */

/* Counts the nodes that appear more than once below `root`. */
int og__json_count_nodes(og__json_writer *w, og_value root);

/* The count of a node: 0 for one that appears once, 1 for others, and their number plus 1 once they have one.
 * NULL for a node that cannot be shared. */
uint64_t *og__json_find_mark(const og__json_writer *w, og_value value);

/* True when the node appears in more than one place, so that lossless form gives it a number. */
bool og__json_is_numbered(const og__json_writer *w, og_value value);

/* A class reference as a name, e.g. "collections.OrderedDict", or as [module, name] where that would be
 * ambiguous (lossless only). */
int og__json_write_class_name(og__json_writer *w, og_value class);

/* Any value in lossless form. */
int og__json_write_lossless(og__json_writer *w, og_value value);

/* ---- Errors (write_error.c) ---- */

/* Fills the error with "at PATH: sentence"; PATH is that of the value being written. Returns `status`. */
int og__json_refuse(og__json_writer *w, og_status status, const char *format, ...) OG_PRINTF(3, 4);
int og__json_write_no_memory(og__json_writer *w);

/* JSON in the form that is asked for has nothing for a value of this kind: OG_ETYPE. */
int og__json_refuse_kind(og__json_writer *w, og_value value);

/* The text would be longer than it may be: OG_ELIMIT. */
int og__json_too_long(og__json_writer *w);

#endif
