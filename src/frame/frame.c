/* SPDX-License-Identifier: MIT */
/* What framings share: the calls that lead to each, errors, and moving bytes. */
#include "frame/frame.h"
#include "base/bytes.h"
#include "base/plural.h"

#include <stdio.h>
#include <string.h>

/* ---- Names ---- */

const char *og_framing_name(og_framing framing, char *text, size_t size)
{
    if (size == 0) return text;
    const char *name = framing.ops ? framing.ops->name : "none";
    bool more = framing.ops && framing.ops->show;
    size_t stem = strcspn(name, ":") + more; /* with the colon */
    int n = snprintf(text, size, "%.*s", (int)stem, name);
    if (more && n > 0 && (size_t)n < size) framing.ops->show(&framing, text + n, size - (size_t)n);
    return text;
}

/* The escapes of C that one letter follows. */
static const char escapes[] = "a\ab\be\033f\fn\nr\rt\tv\v\\\\";

/* One escape after its backslash: the byte, or -1; moves `*at` past it. */
static int take_escape(const char **at)
{
    char letter = *(*at)++;
    for (size_t i = 0; i + 1 < sizeof escapes - 1; i += 2)
        if (escapes[i] == letter) return (unsigned char)escapes[i + 1];
    if (letter == 'x') {
        int high = og__base_hex_digit((*at)[0]);
        int low = high < 0 ? -1 : og__base_hex_digit((*at)[1]);
        *at += low < 0 ? 0 : 2;
        return low < 0 ? -1 : high * 16 + low;
    }
    if (letter < '0' || letter > '7') return -1;
    int byte = letter - '0';
    for (int i = 0; i < 2 && **at >= '0' && **at <= '7' && byte < 32; i++)
        byte = byte * 8 + (*(*at)++ - '0');
    return byte;
}

int og__frame_take_text(og_framing *framing, const char *parameter, size_t most, og_error *err)
{
    size_t len = 0;
    const char *at = parameter;
    while (*at && len <= most) {
        int byte = (unsigned char)*at++;
        if (byte == '\\') byte = *at ? take_escape(&at) : -1;
        if (byte < 0)
            return og_error_set(
                err, OG_EINVAL, OG_NO_POSITION,
                "'%.40s' has an escape that C does not: use \\n, \\r, \\t, \\0, \\\\ or \\x1f", parameter);
        if (len < most) framing->text[len] = (unsigned char)byte;
        len++;
    }
    if (len == 0 || len > most)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "framing '%.*s:%.40s' needs 1 to %zu bytes after the colon: e.g. %s",
                            (int)strcspn(framing->ops->name, ":"), framing->ops->name, parameter, most,
                            framing->ops->example);
    framing->text_len = (uint8_t)len;
    return OG_OK;
}

void og__frame_show_text(const og_framing *framing, char *text, size_t size)
{
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < framing->text_len && at + 5 <= size; i++) {
        unsigned char byte = framing->text[i];
        const char *known = NULL;
        for (size_t k = 0; k + 1 < sizeof escapes - 1; k += 2)
            if ((unsigned char)escapes[k + 1] == byte) known = &escapes[k];
        if (known)
            at += (size_t)snprintf(text + at, size - at, "\\%c", *known);
        else
            at += (size_t)snprintf(text + at, size - at, byte > ' ' && byte < 0x7f ? "%c" : "\\x%02x", byte);
    }
}

/* ---- Reading ---- */

void og_frame_reader_init(og_frame_reader *reader, og_framing framing, size_t max_message, og_scan_fn scan,
                          void *scan_ctx)
{
    size_t highest = SIZE_MAX - OG__FRAME_OVERHEAD_MAX;
    *reader = (og_frame_reader){
        .framing = framing,
        .max_message = max_message < highest ? max_message : highest,
        .need = 1,
        .scan = scan,
        .scan_ctx = scan_ctx,
    };
}

static int no_framing(og_error *err)
{
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "no framing was chosen: use og_framing_find()");
}

int og_frame_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                  og_error *err)
{
    static const uint8_t nothing[1];
    if (!reader->framing.ops) return no_framing(err);
    if (!data) data = nothing; /* so that framings may add to it */
    int status = reader->framing.ops->next(reader, data, len, ended, frame, err);
    if (status <= 0) return status;
    reader->at = 0;
    reader->need = 1;
    reader->number = 0;
    reader->state = 0;
    return status;
}

size_t og_frame_need(const og_frame_reader *reader)
{
    return reader->need;
}

/* No limit is raised so far: a longer length is none. */
static const uint64_t longest_likely = UINT64_C(1) << 34;

/* A length that is text gives away a peer that does not count its bytes: say what it reads. */
static bool reads_as_text(const og_frame_reader *reader, const uint8_t *head, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (head[i] < 0x20 || head[i] > 0x7e) return false;
    return !reader->framing.ops->in_text;
}

int og__frame_too_long(const og_frame_reader *reader, const uint8_t *head, size_t size, uint64_t length,
                       og_error *err)
{
    char name[OG_FRAMING_NAME_MAX];
    og_framing_name(reader->framing, name, sizeof name);
    if (reads_as_text(reader, head, size))
        return og_error_set(
            err, OG_ELIMIT, 0,
            "a message of %llu bytes is announced, but the limit is %zu; the length reads \"%.*s\": the peer "
            "seems not to frame as %s",
            (unsigned long long)length, reader->max_message, (int)size, (const char *)head, name);
    if (length > longest_likely)
        return og_error_set(
            err, OG_ELIMIT, 0,
            "a message of %llu bytes is announced, but the limit is %zu: the peer seems not to frame "
            "as %s",
            (unsigned long long)length, reader->max_message, name);
    return og_error_set(
        err, OG_ELIMIT, 0,
        "a message of %llu bytes is announced, but the limit is %zu: raise max_message, or check "
        "that the peer really frames as %s",
        (unsigned long long)length, reader->max_message, name);
}

int og__frame_passes_limit(const og_frame_reader *reader, size_t position, og_error *err)
{
    char name[OG_FRAMING_NAME_MAX];
    return og_error_set(
        err, OG_ELIMIT, position,
        "a message is longer than the limit of %zu byte%s: raise max_message, or check that the "
        "peer really frames as %s",
        reader->max_message, og__base_plural(reader->max_message),
        og_framing_name(reader->framing, name, sizeof name));
}

int og__frame_cut(size_t header, uint64_t length, size_t len, og_error *err)
{
    size_t came = len - header < length ? len - header : (size_t)length;
    bool counts_itself = header > 1 && came + header == length;
    return og_error_set(
        err, OG_ETRUNCATED, len, "the stream ended after %zu of the %llu byte%s of a message%s", came,
        (unsigned long long)length, og__base_plural(length),
        counts_itself    ? ", as if the length counted its own bytes too: send that of the message alone"
        : came == length ? ", before what closes it"
                         : "");
}

int og__frame_bad_tail(const og_frame_reader *reader, size_t position, uint8_t byte, og_error *err)
{
    char text[8];
    return og_error_set(err, OG_ESYNTAX, position, "expected '%c' after the bytes of a %s but found %s",
                        reader->framing.ops->tail, reader->framing.ops->name, og__frame_byte(byte, text));
}

int og__frame_header_wait(og_frame_reader *reader, size_t need, size_t len, bool ended, og_error *err)
{
    reader->need = need;
    if (!ended || len == 0) return 0;
    char name[OG_FRAMING_NAME_MAX];
    return og_error_set(err, OG_ETRUNCATED, len,
                        "the stream ended inside the length of a message, after %zu byte%s (framing %s)", len,
                        og__base_plural(len), og_framing_name(reader->framing, name, sizeof name));
}

const char *og__frame_byte(uint8_t byte, char *text)
{
    snprintf(text, 8, byte > 0x20 && byte < 0x7f ? "'%c'" : "0x%02x", byte);
    return text;
}

/* ---- Writing ---- */

int og__frame_no_room(int status, og_error *err)
{
    return og_error_set(err, (og_status)status, OG_NO_POSITION, "%s while a message was framed",
                        og_status_text(status));
}

int og__frame_insert(og_buf *out, size_t at, const void *bytes, size_t count, og_error *err)
{
    int status = og_buf_reserve(out, count);
    if (status < 0) return og__frame_no_room(status, err);
    memmove(out->data + at + count, out->data + at, out->len - at);
    memcpy(out->data + at, bytes, count);
    out->len += count;
    return OG_OK;
}

int og_frame_begin(const og_framing *framing, og_buf *out, size_t *mark, og_error *err)
{
    if (!framing->ops) return no_framing(err);
    size_t lead = framing->ops->lead ? framing->ops->lead(framing) : 0;
    int status = og_buf_reserve(out, lead);
    if (status < 0) return og__frame_no_room(status, err);
    *mark = out->len;
    if (lead) memset(out->data + out->len, 0, lead);
    out->len += lead;
    return OG_OK;
}

int og_frame_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err)
{
    if (!framing->ops) return no_framing(err);
    int status = framing->ops->end ? framing->ops->end(framing, out, mark, err) : OG_OK;
    if (status < 0) out->len = mark;
    return status;
}

void og_frame_cancel(og_buf *out, size_t mark)
{
    out->len = mark;
}
