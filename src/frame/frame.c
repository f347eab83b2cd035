/* SPDX-License-Identifier: MIT */
/* The table of framings, and the calls that lead to each. */
#include "frame/frame.h"

#include <stdio.h>
#include <string.h>

/* In the order of the help. */
static const og_frame_ops *const framings[] = {
    &og__frame_raw,         &og__frame_eof,         &og__frame_suffixes[0], &og__frame_suffixes[1],
    &og__frame_seq,         &og__frame_prefixes[0], &og__frame_prefixes[1], &og__frame_prefixes[2],
    &og__frame_prefixes[3], &og__frame_prefixes[4], &og__frame_prefixes[5], &og__frame_prefixes[6],
    &og__frame_varint,      &og__frame_netstring,   &og__frame_digits,      &og__frame_header,
    &og__frame_mp,
};

enum { FRAMING_COUNT = sizeof framings / sizeof framings[0] };

static const char digits_prefix[] = "digits:";

bool og_framing_at(size_t index, const char **name, const char **summary)
{
    if (index >= FRAMING_COUNT) return false;
    if (name) *name = framings[index]->name;
    if (summary) *summary = framings[index]->summary;
    return true;
}

/* "digits:10" or, to say what is missing, "digits". */
static int find_digits(og_framing *framing, const char *name, og_error *err)
{
    const char *text = name + sizeof digits_prefix - 1;
    uint32_t width = 0;
    size_t count = 0;
    if (name[sizeof digits_prefix - 2] == ':') {
        for (; count < 4 && text[count] >= '0' && text[count] <= '9'; count++)
            width = width * 10 + (uint32_t)(text[count] - '0');
    }
    if (count == 0 || text[count] != '\0' || width < 1 || width > OG__FRAME_DIGITS_MAX)
        return og_error_set(
            err, OG_EINVAL, OG_NO_POSITION,
            "framing '%.32s' needs the number of characters that hold the length, from 1 to %d: "
            "e.g. digits:10",
            name, OG__FRAME_DIGITS_MAX);
    *framing = (og_framing){&og__frame_digits, width};
    return OG_OK;
}

static int unknown_framing(const char *name, og_error *err)
{
    char names[200];
    size_t len = 0;
    names[0] = '\0';
    for (size_t i = 0; i < FRAMING_COUNT; i++) {
        int n = snprintf(names + len, sizeof names - len, "%s%s", i ? ", " : "", framings[i]->name);
        if (n > 0 && (size_t)n < sizeof names - len) len += (size_t)n;
    }
    return og_error_set(err, OG_ENOTFOUND, OG_NO_POSITION, "no framing is called '%.32s': there are %s", name,
                        names);
}

int og_framing_find(og_framing *framing, const char *name, og_error *err)
{
    size_t stem = sizeof digits_prefix - 2; /* without the colon */
    if (strncmp(name, digits_prefix, stem) == 0 && (name[stem] == ':' || name[stem] == '\0'))
        return find_digits(framing, name, err);
    for (size_t i = 0; i < FRAMING_COUNT; i++) {
        if (strcmp(framings[i]->name, name) != 0) continue;
        *framing = (og_framing){framings[i], 0};
        return OG_OK;
    }
    return unknown_framing(name, err);
}

const char *og_framing_name(og_framing framing, char *text, size_t size)
{
    if (size == 0) return text;
    if (!framing.ops)
        snprintf(text, size, "none");
    else if (framing.ops == &og__frame_digits)
        snprintf(text, size, "%s%u", digits_prefix, (unsigned)framing.width);
    else
        snprintf(text, size, "%s", framing.ops->name);
    return text;
}

bool og_framing_ends_stream(og_framing framing)
{
    return framing.ops && framing.ops->ends_stream;
}

bool og_framing_is_raw(og_framing framing)
{
    return framing.ops && framing.ops->is_raw;
}

/* ---- Reading ---- */

static void start_frame(og_frame_reader *reader)
{
    reader->at = 0;
    reader->need = 1;
    reader->number = 0;
    reader->state = 0;
}

void og_frame_reader_init(og_frame_reader *reader, og_framing framing, size_t max_message, og_scan_fn scan,
                          void *scan_ctx)
{
    size_t highest = SIZE_MAX - OG__FRAME_OVERHEAD_MAX;
    *reader = (og_frame_reader){
        .framing = framing,
        .max_message = max_message < highest ? max_message : highest,
        .scan = scan,
        .scan_ctx = scan_ctx,
    };
    start_frame(reader);
}

static int no_framing(og_error *err)
{
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "no framing was chosen: use og_framing_find()");
}

int og_frame_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                  og_error *err)
{
    if (!reader->framing.ops) return no_framing(err);
    int status = reader->framing.ops->next(reader, data, len, ended, frame, err);
    if (status > 0) start_frame(reader);
    return status;
}

size_t og_frame_need(const og_frame_reader *reader)
{
    return reader->need;
}

int og__frame_too_long(const og_frame_reader *reader, uint64_t length, og_error *err)
{
    char name[32];
    return og_error_set(
        err, OG_ELIMIT, 0,
        "a message of %llu bytes is announced, but the limit is %zu: raise the limit, or check "
        "that the peer really frames as %s",
        (unsigned long long)length, reader->max_message, og_framing_name(reader->framing, name, sizeof name));
}

int og__frame_passes_limit(const og_frame_reader *reader, size_t position, og_error *err)
{
    char name[32];
    return og_error_set(err, OG_ELIMIT, position,
                        "a message is longer than the limit of %zu bytes: raise the limit, or check that the "
                        "peer really frames as %s",
                        reader->max_message, og_framing_name(reader->framing, name, sizeof name));
}

int og__frame_body(og_frame_reader *reader, size_t header, uint64_t length, size_t trailer, size_t len,
                   bool ended, og_frame *frame, og_error *err)
{
    if (length > reader->max_message) return og__frame_too_long(reader, length, err);
    size_t size = header + (size_t)length + trailer;
    reader->need = size;
    if (len >= size) {
        *frame = (og_frame){.body = header, .body_len = (size_t)length, .size = size};
        return 1;
    }
    if (!ended) return 0;
    size_t came = len - header < length ? len - header : (size_t)length;
    return og_error_set(err, OG_ETRUNCATED, len,
                        "the stream ended after %zu of the %llu bytes of a message%s", came,
                        (unsigned long long)length, came == length ? ", before what closes it" : "");
}

int og__frame_header_wait(og_frame_reader *reader, size_t need, size_t len, bool ended, og_error *err)
{
    reader->need = need;
    if (!ended || len == 0) return 0;
    char name[32];
    return og_error_set(err, OG_ETRUNCATED, len,
                        "the stream ended inside the length of a message, after %zu byte%s (framing %s)", len,
                        len == 1 ? "" : "s", og_framing_name(reader->framing, name, sizeof name));
}

const char *og__frame_byte(uint8_t byte, char *text)
{
    snprintf(text, 8, byte > 0x20 && byte < 0x7f ? "'%c'" : "0x%02x", byte);
    return text;
}

/* ---- Writing ---- */

static int no_room(int status, og_error *err)
{
    return og_error_set(err, (og_status)status, OG_NO_POSITION, "%s while a message was framed",
                        og_status_text(status));
}

int og__frame_insert(og_buf *out, size_t at, const void *bytes, size_t count, og_error *err)
{
    int status = og_buf_reserve(out, count);
    if (status < 0) return no_room(status, err);
    memmove(out->data + at + count, out->data + at, out->len - at);
    memcpy(out->data + at, bytes, count);
    out->len += count;
    return OG_OK;
}

int og_frame_begin(og_framing framing, og_buf *out, size_t *mark, og_error *err)
{
    if (!framing.ops) return no_framing(err);
    size_t lead = framing.ops->lead ? framing.ops->lead(framing) : 0;
    int status = og_buf_reserve(out, lead);
    if (status < 0) return no_room(status, err);
    *mark = out->len;
    if (lead) memset(out->data + out->len, 0, lead);
    out->len += lead;
    return OG_OK;
}

int og_frame_end(og_framing framing, og_buf *out, size_t mark, og_error *err)
{
    if (!framing.ops) return no_framing(err);
    int status = framing.ops->end ? framing.ops->end(framing, out, mark, err) : OG_OK;
    if (status < 0) out->len = mark;
    return status;
}

void og_frame_cancel(og_buf *out, size_t mark)
{
    out->len = mark;
}
