/* SPDX-License-Identifier: MIT */
/* Nodes that appear more than once, in strict and plain form: their text is repeated, a cycle is cut. */
#include "base/alloc.h"
#include "codec/json/writer.h"

#include <string.h>

static int new_record(og__json_writer *w)
{
    if (w->record_count < w->record_room) return OG_OK;
    size_t room = w->record_room ? w->record_room + w->record_room / 2 : 16;
    og__json_record *records =
        og__base_realloc(w->alloc, w->records, w->record_room * sizeof *records, room * sizeof *records);
    if (!records) return og__json_write_no_memory(w);
    w->records = records;
    w->record_room = room;
    return OG_OK;
}

/* The record of a shared node, new or known. NULL without memory. */
static og__json_record *find_record(og__json_writer *w, const void *node, bool *fresh)
{
    *fresh = false;
    if (new_record(w) < 0) return NULL;
    uint64_t *index = og__value_map_put(&w->seen, node, w->record_count, fresh);
    if (!index) {
        og__json_write_no_memory(w);
        return NULL;
    }
    if (*fresh) w->records[w->record_count++] = (og__json_record){0};
    return &w->records[*index];
}

/* A node that is being written, in frame `depth`, appears within itself. */
int og__json_cut_cycle(og__json_writer *w, size_t depth, og_value value)
{
    if (w->o.form == OG_JSON_STRICT)
        return og__json_refuse(w, OG_EVALUE,
                               "the %s holds itself, which JSON cannot carry; use plain or lossless form "
                               "or pickle",
                               og_kind_name(og_kind_of(value)));
    if (depth < w->lowest_cut) w->lowest_cut = depth;
    bool braces = og_kind_of(value) == OG_DICT || og_kind_of(value) == OG_OBJECT;
    return og__json_puts(w, braces ? "\"{...}\"" : "\"[...]\"");
}

/* Counts what repeating costs; where the caller set a limit, that one counts alone. */
static int charge_repeat(og__json_writer *w, size_t len)
{
    if (!w->unlimited) return OG_OK;
    if (len > OG__REPEAT_MAX - w->repeated) return og__json_too_long(w);
    w->repeated += len;
    return OG_OK;
}

/* Copies the text of a node that has been written before. */
static int repeat_text(og__json_writer *w, const og__json_record *record)
{
    int status = charge_repeat(w, record->len);
    if (status == OG_OK) status = og__json_reserve(w, record->len);
    if (status < 0) return status;
    memcpy(w->at, w->out->data + record->start, record->len);
    w->at += record->len;
    return OG_OK;
}

/* From here on what is written is a repetition, until the frame that is opened next closes. */
static void begin_repeat(og__json_writer *w)
{
    if (w->repeats++ > 0 || !w->unlimited) return;
    w->repeat_start = og__json_length(w);
    w->limit = w->repeat_start + (OG__REPEAT_MAX - w->repeated);
    w->out->len = w->repeat_start;
    og__json_sync(w);
}

static void end_repeat(og__json_writer *w)
{
    if (--w->repeats > 0 || !w->unlimited) return;
    w->repeated += og__json_length(w) - w->repeat_start;
    w->limit = SIZE_MAX;
    w->out->len = og__json_length(w);
    og__json_sync(w);
}

/* A text can be copied to where it would be indented alike, and be no deeper than it was. */
static bool fits_here(const og__json_writer *w, const og__json_record *record)
{
    return w->lines ? w->depth == record->depth : w->depth <= record->depth;
}

/* 1: write the node in full, and tell its frame `*record` plus 1. 0: it was dealt with. */
int og__json_enter_shared(og__json_writer *w, og_value value, size_t *index)
{
    bool fresh;
    og__json_record *record = find_record(w, value.u.p, &fresh);
    if (!record) return OG_ENOMEM;
    if (!fresh && record->state == OG__RECORD_OPEN) return og__json_cut_cycle(w, record->depth, value);
    if (!fresh && record->state == OG__RECORD_WHOLE && fits_here(w, record)) return repeat_text(w, record);
    record->repeats = !fresh;
    if (!fresh) begin_repeat(w);
    record->state = OG__RECORD_OPEN;
    record->start = og__json_length(w);
    record->depth = w->depth;
    *index = (size_t)(record - w->records) + 1;
    return 1;
}

void og__json_leave_shared(og__json_writer *w, size_t index)
{
    og__json_record *record = &w->records[index - 1];
    /* A text with "[...]" for something further out would be another one elsewhere. */
    record->state = w->lowest_cut < record->depth ? OG__RECORD_VARIES : OG__RECORD_WHOLE;
    if (w->lowest_cut >= record->depth) w->lowest_cut = SIZE_MAX;
    record->len = og__json_length(w) - record->start;
    if (record->repeats) end_repeat(w);
}
