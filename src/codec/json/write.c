/* SPDX-License-Identifier: MIT */
/*
 * The JSON writer: from one value to the next, nothing recursive. What is open is in the frames; text goes
 * straight into the caller's buffer.
 */
#include "base/number_avx512.h"
#include "codec/json/writer.h"

static int next_of_dict(og__json_writer *w, og__json_frame *f, og_value *out)
{
    const og_value *pair = f->next;
    f->next += 2;
    int status = og__json_begin_item(w);
    if (status == OG_OK) status = og__json_write_key(w, pair[0]);
    *out = pair[1];
    return status < 0 ? status : OG__NEXT_VALUE;
}

/* What must be written next within the innermost frame; as og__json_next_step(). */
static int next_value(og__json_writer *w, og_value *out)
{
    og__json_frame *f = &w->frames[w->depth - 1];
    if (f->kind == OG__FRAME_STEPS) return og__json_next_step(w, out);
    if (f->next == f->last) return 0;
    const og_value *item = f->next;
    int status;
    switch (f->kind) {
    case OG__FRAME_LIST:
        f->next++;
        *out = *item;
        status = og__json_begin_item(w);
        return status < 0 ? status : OG__NEXT_VALUE;
    case OG__FRAME_PAIRS:
        f->next += 2;
        status = og__json_begin_item(w);
        if (status == OG_OK) status = og__json_open(w, OG__FRAME_LIST, item, 2);
        return status < 0 ? status : OG__NEXT_OPENED;
    default: return next_of_dict(w, f, out);
    }
}

/* Writes what is open, up to the last bracket. */
static int write_open(og__json_writer *w)
{
    og_value value;
    int status = OG_OK;
    while (status >= 0 && w->depth > 0) {
        const og__json_frame *f = &w->frames[w->depth - 1];
        if (f->kind <= OG__FRAME_DICT && w->depth <= w->fast_depth && f->next != f->last) {
            status = w->items(w);
            continue;
        }
        status = next_value(w, &value);
        if (status == OG__NEXT_VALUE) {
            status = og__json_write_value(w, value);
        } else if (status == 0) {
            size_t record = w->frames[w->depth - 1].record;
            status = og__json_close(w);
            if (record && status == OG_OK) og__json_leave_shared(w, record);
        }
    }
    return status;
}

/* ---- Two ways to begin ---- */

static int write_general(og__json_writer *w)
{
    og_value value = w->value;
    int status = og__json_take_options(w);
    if (status < 0) return status;
    if (w->o.indent < OG_JSON_INDENT_0)
        return og_error_set(w->err, OG_EINVAL, OG_NO_POSITION,
                            "an indent of %d; expected 0 or more spaces, or "
                            "OG_JSON_INDENT_0 for none with line breaks",
                            w->o.indent);
    w->root = og__value_has_node(value) ? value.u.p : NULL;
    og__json_begin_general(w);
    if (w->o.form == OG_JSON_LOSSLESS) status = og__json_count_nodes(w, value);
    if (status == OG_OK) status = og__json_write_value(w, value);
    return status < 0 ? status : write_open(w);
}

/* True for options that the fast way can begin with, which are most: compact text, nothing sorted. */
static bool are_fast(const og_json_write_options *o)
{
    if (o->size != sizeof *o || o->form == OG_JSON_LOSSLESS || o->indent != 0) return false;
    if (o->indent_text || o->item_separator || o->key_separator || o->sort_keys) return false;
    bool depth = o->max_depth == 0 || o->max_depth >= OG__FRAMES_AT_FIRST;
    return depth && (o->max_digits == 0 || o->max_digits >= OG__INT64_DIGITS);
}

/* An array or object that is not empty, the usual message. */
static bool is_full(og_value value)
{
    og_kind kind = og_kind_of(value);
    return (kind == OG_LIST || kind == OG_TUPLE || kind == OG_DICT) && og__value_node_of(value)->count > 0;
}

static int write_fast(og__json_writer *w)
{
    size_t room = w->out->cap - w->out->len;
    w->end = room ? w->at + room : w->at; /* which may be no address */
    w->root = w->value.u.p;
    w->sorted = false;
    w->fast_frames = OG__FRAMES_AT_FIRST;
    w->depth = 1;
    og__json_set_frame(&w->frames[0], w->value);
    w->frames[0].any = false;
    if (room == 0) {
        og__json_end_fast(w);
        int status = og__json_reserve_slow(w, 1);
        if (status < 0) return status;
    }
    /* Where there is room there is an address. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    *w->at++ = (uint8_t)(og_kind_of(w->value) == OG_DICT ? '{' : '[');
    int status = w->items(w);
    return status < 0 || w->depth == 0 ? status : write_open(w);
}

/* The length that the text has in the end. */
static int check_length(og__json_writer *w)
{
    const og_buf *out = w->out;
    size_t len = out->len - w->start;
    if (!w->general) {
        size_t max_bytes = w->given->max_bytes;
        bool fits = (!out->limit || out->len <= out->limit) && (!max_bytes || len <= max_bytes);
        if (fits && len <= OG_GROWTH_FREE) return OG_OK;
        og__json_take_options(w);
        og__json_set_limits(w);
    }
    if (len <= w->max) return OG_OK;
    og__json_end_fast(w);
    return og__json_too_long(w);
}

int og__json_write_by(og_value value, og_buf *out, const og_json_write_options *options, og_error *err,
                      og__json_items_fn *items)
{
    static const og_json_write_options defaults = {.size = sizeof defaults};
    og__json_frame frames[OG__FRAMES_AT_FIRST];
    og__json_writer w;
    w.given = options ? options : &defaults;
    w.at = out->data ? out->data + out->len : NULL;
    w.out = out;
    w.start = out->len;
    w.items = items;
    w.frames = frames;
    w.depth = 0;
    w.spaced = w.general = false;
    w.value = value;
    w.err = err;

    bool fast = is_full(value) && are_fast(w.given);
    w.ascii = fast && w.given->ensure_ascii;
    int status = fast ? write_fast(&w) : write_general(&w);
    out->len = og__json_length(&w);
    if (status >= 0) status = check_length(&w);
    if (status < 0) out->len = w.start;
    if (w.general) og__json_end_general(&w);
    return status < 0 ? status : OG_OK;
}

/* The fast way that suits the processor best. */
static og__json_items_fn *best_items(void)
{
#if defined(OG__AVX512_NUMBERS)
    if (og__base_avx512_numbers()) return og__json_write_items_avx512;
#endif
    return og__json_write_items;
}

int og_json_write(og_value value, og_buf *out, const og_json_write_options *options, og_error *err)
{
    return og__json_write_by(value, out, options, err, best_items());
}

char *og_json_dumps(og_value value, size_t *len, const og_json_write_options *options, og_error *err)
{
    og_buf out;
    og_buf_init(&out, NULL);
    int status = og_json_write(value, &out, options, err);
    if (status == OG_OK) status = og_buf_putc(&out, '\0');
    if (status == OG_ENOMEM) og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory while writing JSON");
    if (status < 0) {
        og_buf_free(&out);
        return NULL;
    }
    if (len) *len = out.len - 1;
    return (char *)out.data;
}
