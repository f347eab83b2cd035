/* SPDX-License-Identifier: MIT */
/* Reads and writes pickles, with or without a policy. Joins the reader, the writer and what judges them. */
#include <onggi/pickle.h>

#include "base/options.h"
#include "codec/pickle/exact.h"
#include "codec/pickle/judge/watch.h"
#include "codec/pickle/read/reader.h"
#include "codec/pickle/read/shape.h"
#include "codec/pickle/write/writer.h"
#include "codec/plan.h"

#include <string.h>

/* ---- Reading ---- */

/* Runs to STOP under a policy: the first refusal ends it. */
static int run_watched(og__reader *r, const og__rules *rules, const og_pickle_read_options *o)
{
    og__watch watch;
    og__pickle_watch_init(&watch, rules, NULL, &r->doc->alloc);
    if (o->policy_inert) watch.default_allow = true;
    int status = og__pickle_watch_run(&watch, r);
    og__pickle_watch_fini(&watch);
    return status;
}

static bool is_exact(const og__rules *rules, const og_pickle_read_options *options)
{
    return options->strict || (rules && !rules->lenient);
}

bool og__pickle_exact(const og_pickle_read_options *options)
{
    const og__rules *rules = og__pickle_rules_hold(options->policy);
    bool exact = is_exact(rules, options);
    og__pickle_rules_let_go(rules);
    return exact;
}

/* Reads any pickle, by its opcodes. */
static int read_by(const og__rules *rules, og_doc *doc, const uint8_t *bytes, size_t len, size_t *used,
                   const og_pickle_read_options *o, og_error *err)
{
    og__reader r;
    int status = og__pickle_reader_init(&r, doc, bytes, len, o, err);
    if (status == OG_OK)
        status = rules       ? run_watched(&r, rules, o)
                 : o->strict ? og__pickle_reader_run_strict(&r)
                             : og__pickle_reader_run(&r);
    if (status == OG_OK) status = og__pickle_reader_finish(&r, o->allow_trailing, is_exact(rules, o));
    og__pickle_reader_fini(&r);
    *used = (size_t)(r.at - r.start);
    return status;
}

/* Likewise; what it teaches is kept for those that are read as strictly. */
static int read_anew(og_doc *doc, const uint8_t *bytes, size_t len, size_t *used,
                     const og_pickle_read_options *o, const og__pickle_way *way, og_error *err)
{
    const og__rules *rules = og__pickle_rules_hold(o->policy);
    bool exact = is_exact(rules, o);
    int status = read_by(rules, doc, bytes, len, used, o, err);
    og__pickle_rules_let_go(rules);
    if (status < 0) return status;
    if (*used == len && exact == way->exact) og__pickle_shape_learn(doc, bytes, len, way);
    return OG_OK;
}

/*
 * How pickles are read by their shape. Plain data names nothing, so that no rule needs to be looked at for
 * what is read so, if the shape was found by a strict reading.
 */
static inline og__pickle_way way_of(const og_pickle_read_options *o)
{
    return (og__pickle_way){.max_depth = o->max_depth ? o->max_depth : OG_MAX_DEPTH_DEFAULT,
                            .max_digits = o->max_digits ? o->max_digits : OG_MAX_DIGITS_DEFAULT,
                            .exact = o->strict || o->policy,
                            .judged = o->policy != NULL,
                            .padded = o->padded};
}

/* Reads into a document that is empty except for what the caller keeps in it. */
static int read_into(og_doc *doc, const uint8_t *bytes, size_t len, size_t *used,
                     const og_pickle_read_options *o, og_error *err)
{
    og__pickle_way way = way_of(o);
    size_t taken;
    int status = read_anew(doc, bytes, len, &taken, o, &way, err);
    if (status < 0) return status;
    if (used) *used = taken;
    og__value_doc_was_read(doc, taken);
    return OG_OK;
}

/* Most of a short pickle would be read with care, since nothing may be looked at after its end: a copy with
 * padding takes less time. Without memory for one it is read where it is. */
static const uint8_t *pad_short(og_doc *doc, const uint8_t *bytes, size_t len, og_pickle_read_options *o)
{
    enum { SHORT = 512 };
    if (o->padded || len > SHORT) return bytes;
    const uint8_t *copy = og__value_doc_padded(doc, bytes, len);
    if (!copy) return bytes;
    o->padded = true;
    return copy;
}

/* Reads a pickle by what others taught, before anything is made ready for one of another kind. */
static inline bool read_by_shape(og_doc *doc, const uint8_t *bytes, size_t len,
                                 const og_pickle_read_options *options)
{
    static const og_pickle_read_options defaults;
    if (options && options->size != sizeof *options) return false;
    og__pickle_way way = way_of(options ? options : &defaults);
    if (!og__pickle_shape_read(doc, bytes, len, &way)) return false;
    og__value_doc_was_read(doc, len);
    return true;
}

int og_pickle_read(og_doc *doc, const void *bytes, size_t len, size_t *used,
                   const og_pickle_read_options *options, og_error *err)
{
    og_pickle_read_options o;
    og_doc_reset(doc);
    if (doc->lessons && read_by_shape(doc, bytes, len, options)) {
        if (used) *used = len;
        return OG_OK;
    }
    int status = og__base_options_take(&o, sizeof o, options, err);
    if (status < 0) return status;
    status = read_into(doc, pad_short(doc, bytes, len, &o), len, used, &o, err);
    if (status < 0) og_doc_reset(doc);
    return status;
}

og_doc *og_pickle_loads(const void *bytes, size_t len, const og_pickle_read_options *options, og_error *err)
{
    og_pickle_read_options o;
    if (og__base_options_take(&o, sizeof o, options, err) < 0) return NULL;
    og_doc *doc = og_doc_new(NULL);
    uint8_t *copy = doc ? og__value_doc_keep(doc, bytes, len, OG_PADDING)
                        : NULL; /* the document outlives the caller's bytes */
    o.padded = true;
    if (!copy)
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to read a pickle of %zu bytes", len);
    else if (read_into(doc, copy, len, NULL, &o, err) == OG_OK)
        return doc;
    og_doc_free(doc);
    return NULL;
}

/* ---- Writing ---- */

/* Puts padding after what was written, where that takes little memory. */
static bool pad_written(og_buf *out, size_t len)
{
    bool room = out->cap - out->len >= OG_PADDING;
    if (!room && (len > OG__SHAPE_MOST || og_buf_reserve(out, OG_PADDING) < 0)) return false;
    memset(out->data + out->len, 0, OG_PADDING);
    return true;
}

/* Reads what was written, as the receiver will: the policy judges the bytes, not the value. */
static int judge_in(og_doc *doc, og_buf *out, size_t start, const og_pickle_write_options *o, og_error *err)
{
    size_t len = out->len - start;
    og_pickle_read_options read = {.size = sizeof read,
                                   .max_depth = o->max_depth,
                                   .max_digits = SIZE_MAX,
                                   .encoding = OG_PICKLE_LATIN1,
                                   .policy = o->policy,
                                   .policy_inert = o->policy_inert,
                                   .padded = pad_written(out, len)};
    og_doc_reset(doc);
    if (doc->lessons && read_by_shape(doc, out->data + start, len, &read)) return OG_OK;
    return read_into(doc, out->data + start, len, NULL, &read, err);
}

static int judge(og_buf *out, size_t start, const og_pickle_write_options *o, og_error *err)
{
    og_doc *doc = o->judging ? o->judging : og_doc_new(out->alloc);
    if (!doc) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to check a pickle");
    int status = judge_in(doc, out, start, o, err);
    if (doc == o->judging)
        og_doc_reset(doc);
    else
        og_doc_free(doc);
    return status;
}

/* The form of what the form at `start` reads back to, in its place: 1 when it is another one. */
static int write_again(og_buf *out, size_t start, const og_pickle_write_options *o, og_error *err)
{
    bool late;
    size_t len = out->len - start;
    og_doc *doc = og_doc_new(out->alloc);
    uint8_t *form = doc ? og__value_doc_alloc(doc, len + 1, 1) : NULL; /* reading back resets documents */
    og_doc *back = form ? og_doc_new(out->alloc) : NULL;
    og_pickle_read_options read = {.size = sizeof read, .max_depth = o->max_depth};
    int status = OG_ENOMEM;
    if (back) {
        memcpy(form, out->data + start, len);
        status = og_pickle_read(back, form, len, NULL, &read, err);
    } else {
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "cannot pickle: out of memory");
    }
    out->len = start;
    if (status == OG_OK) status = og__pickle_writer_form(og_doc_root(back), out, o, &late, err);
    if (status == OG_OK) status = out->len - start != len || memcmp(out->data + start, form, len) != 0;
    og_doc_free(back);
    og_doc_free(doc);
    return status;
}

static int write_canonical(og_value value, og_buf *out, const og_pickle_write_options *o, og_error *err)
{
    enum { ROUNDS = 8 };
    bool late = false;
    size_t start = out->len;
    int status = og__pickle_writer_form(value, out, o, &late, err);
    /* What is late is so by what the pickle did that it was read from. What this one does is the form. */
    int again = status == OG_OK && late;
    for (int i = 0; again == 1 && i < ROUNDS; i++)
        again = write_again(out, start, o, err);
    if (again < 0) out->len = start;
    return again < 0 ? again : status;
}

/* ---- By a plan ---- */

/* Learns from the bytes from `start` on. Only a pickle whose one frame is all of it has a plan, from protocol
 * 4 on. */
static void learn_to_write(og_value value, const og_buf *out, size_t start, int protocol, uint32_t how)
{
    const uint8_t *bytes = out->data + start;
    size_t len = out->len - start;
    size_t head = og__pickle_shape_head(bytes, len);
    bool framed = head != SIZE_MAX && bytes[0] == OG__OP_PROTO && bytes[2] == OG__OP_FRAME;
    if (head == SIZE_MAX || framed != (protocol >= 4)) return;
    og__codec_plan_learn(value, og__pickle_shape_scan, how, bytes, head, len);
}

/* Writes what was read by a shape, in a protocol that is known. */
static int write_as_before(og_value value, og_buf *out, int protocol, const og_pickle_write_options *o,
                           og_error *err)
{
    const og_value *cells;
    uint32_t how = (uint32_t)protocol | (uint32_t)o->self_contained << 8;
    og__plan *plan = og__codec_plan_find(value, og__pickle_shape_scan, how, &cells);
    bool good = plan && og__pickle_write_planned(plan, cells, out, protocol, o);
    if (plan) og__codec_plan_count(plan, good);
    if (good) return OG_OK;
    size_t start = out->len;
    int status = og__pickle_writer_write(value, out, o, err);
    if (status == OG_OK) learn_to_write(value, out, start, protocol, how);
    return status;
}

static int write_value(og_value value, og_buf *out, const og_pickle_write_options *o, og_error *err)
{
    int protocol = o->protocol ? o->protocol : OG_PICKLE_DEFAULT_PROTOCOL;
    bool known = protocol >= 1 && protocol <= OG_PICKLE_HIGHEST_PROTOCOL;
    return known && og__codec_plan_may_be(value) ? write_as_before(value, out, protocol, o, err)
                                                 : og__pickle_writer_write(value, out, o, err);
}

typedef int write_fn(og_value value, og_buf *out, const og_pickle_write_options *o, og_error *err);

static int write_by(write_fn *form, og_value value, og_buf *out, const og_pickle_write_options *options,
                    og_error *err)
{
    og_pickle_write_options o;
    size_t start = out->len;
    int status = og__base_options_take(&o, sizeof o, options, err);
    if (status == OG_OK) status = form(value, out, &o, err);
    if (status < 0 || !o.policy) return status;
    status = judge(out, start, &o, err);
    if (status < 0) out->len = start;
    return status;
}

int og_pickle_write(og_value value, og_buf *out, const og_pickle_write_options *options, og_error *err)
{
    return write_by(write_value, value, out, options, err);
}

int og_pickle_canonical(og_value value, og_buf *out, const og_pickle_write_options *options, og_error *err)
{
    return write_by(write_canonical, value, out, options, err);
}

void *og_pickle_dumps(og_value value, size_t *len, const og_pickle_write_options *options, og_error *err)
{
    og_buf out = OG_BUF_INIT;
    if (og_pickle_write(value, &out, options, err) < 0) {
        og_buf_free(&out);
        return NULL;
    }
    *len = out.len;
    return out.data;
}
