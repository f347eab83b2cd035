/* SPDX-License-Identifier: MIT */
/* Reads JSON texts by what others taught, and finds the scalars of a text that teaches. */
#include "codec/json/shape.h"

#include "codec/json/reader_start.h"
#include "codec/shape.h"

#define OG__HOT inline __attribute__((always_inline))
#include "codec/json/scalar_short.h"

static og__shape_scan scan_text;

/* What decides over bytes that are not scalars: a key may hold half a surrogate pair, a list end in a comma.
 */
static uint16_t way(bool surrogates, bool trailing_comma)
{
    return (uint16_t)(surrogates | trailing_comma << 1);
}

/* ---- Reading ---- */

/* A text that is padded. What is common in it needs no reader. */
typedef struct text {
    const uint8_t *start;
    const uint8_t *end;
    og_doc *doc;
    const og_json_read_options *options;
    og__json_reader reader; /* for all else, from the first one on */
    bool has_reader;
} text;

/* Reads a scalar that is not common. The place after it; NULL for what is none. */
static __attribute__((noinline)) const uint8_t *read_rare(text *t, const uint8_t *at, og_value *out)
{
    if (!t->has_reader) {
        og__json_set_out(&t->reader, OG__JSON_SHORT, t->doc, t->options, NULL);
        og__json_set_text(&t->reader, t->start, (size_t)(t->end - t->start), true);
        t->has_reader = true;
    }
    return *at == '"' ? og__json_read_string_slow(&t->reader, at + 1, at + 1, out)
                      : og__json_read_other(&t->reader, at, out);
}

/* Puts the scalars in their cells, if all other bytes are as they were. */
static bool fill(text *t, const og__shape *shape, og_value *cells)
{
    const og__shape_step *step = shape->steps;
    const og__shape_step *last = step + shape->step_count;
    const uint8_t *at = t->start;
    const uint8_t *end = t->end;
    for (; step < last; step++) {
        if (step->same >= end - at || !og__codec_shape_step_is(shape, step, at)) return false;
        const uint8_t *scalar = at + step->same;
        at = og__json_short_scalar(scalar, end, cells + step->to);
        if (__builtin_expect(!at, 0)) at = read_rare(t, scalar, cells + step->to);
        if (!at) return false;
    }
    return last->same == end - at && og__codec_shape_step_is(shape, last, at);
}

/* Reads the text as a shape says, if that is what it is. */
static bool read_as(text *t, og__shape *shape)
{
    og__doc_mark before = og__value_doc_marked(t->doc);
    og_value *cells = og__codec_shape_cells(t->doc, shape);
    if (!cells) return false;
    bool good = fill(t, shape, cells);
    if (good) {
        og__codec_shape_finish(t->doc, shape, cells);
    } else {
        og__value_doc_rewind(t->doc, before);
    }
    return good;
}

static bool is_of_a_length(size_t len)
{
    return len >= OG__SHAPE_LEAST && len <= OG__SHAPE_MOST;
}

/* Whether such options leave anything to be read by shape. */
static bool leave_any(const og_json_read_options *o)
{
    bool counted = o->max_digits && o->max_digits < OG__SHAPE_INT_DIGITS;
    return !o->lossless && !o->allow_comments && !counted;
}

static bool suits(const og__shape *shape, const og_json_read_options *o)
{
    size_t max_depth = o->max_depth ? o->max_depth : OG_MAX_DEPTH_DEFAULT;
    return shape->depth <= max_depth && shape->way == way(o->allow_surrogates, o->allow_trailing_comma);
}

/* Reads the text as one of the shapes from `shape` on. */
static bool read_as_any(text *t, og__shape *shape)
{
    for (; shape; shape = og__codec_shape_find(t->doc, shape, scan_text, t->start)) {
        if (suits(shape, t->options) && read_as(t, shape)) return true;
    }
    og__codec_shape_missed(t->doc, scan_text, t->start);
    return false;
}

bool og__json_shape_read(og_doc *doc, const char *bytes, size_t len, const og_json_read_options *options)
{
    static const og_json_read_options defaults;
    const og_json_read_options *o = options ? options : &defaults;
    if (!is_of_a_length(len) || (options && o->size != sizeof *o) || !leave_any(o)) return false;
    og__shape *shape = og__codec_shape_find(doc, NULL, scan_text, (const uint8_t *)bytes);
    if (!shape) return false;
    text t;
    t.start = o->padded ? (const uint8_t *)bytes : og__value_doc_padded(doc, bytes, len);
    if (!t.start) return false;
    t.end = t.start + len;
    t.doc = doc;
    t.options = o;
    t.has_reader = false;
    if (!read_as_any(&t, shape)) return false;
    og__value_doc_was_read(doc, len);
    return true;
}

/* ---- Learning ---- */

static bool is_structure(uint8_t c)
{
    return c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']' || og__base_is_space(c);
}

/* After the string whose first quote is at `at`; NULL when it has no end. */
static const uint8_t *after_string(const uint8_t *at, const uint8_t *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\';
    return at < end ? at + 1 : NULL;
}

/* The text was read, so that all that is neither structure nor a string is a number or a word. */
static bool scan_text(og__learner *l)
{
    const uint8_t *end = l->bytes + l->len;
    const uint8_t *at = l->bytes;
    while (at && at < end) {
        const uint8_t *from = at;
        if (is_structure(*at)) {
            at++;
            continue;
        }
        if (*at == '"')
            at = after_string(at, end);
        else {
            while (at < end && !is_structure(*at))
                at++;
        }
        if (!at || !og__codec_shape_add(l, from, at, (og_value){0}, OG__NO_SCALAR)) return false;
    }
    return at != NULL;
}

void og__json_shape_learn(const og__json_reader *r)
{
    size_t len = (size_t)(r->end - r->text);
    if (!is_of_a_length(len)) return;
    og__learner l = {.doc = r->doc,
                     .scan = scan_text,
                     .message = r->text,
                     .len = len,
                     .way = way(r->allow_surrogates, r->allow_trailing_comma),
                     .most = len / 2 + 1 /* something is between two */};
    og__codec_shape_learn(&l);
}
