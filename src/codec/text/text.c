/* SPDX-License-Identifier: MIT */
/* The text and bytes codecs: a whole message is one str or bytes value. */
#include "codec/codec.h"
#include <onggi/text.h>

#include "base/utf8.h"
#include "value/doc.h"

static int too_long(size_t len, og_error *err)
{
    if (len <= OG__LEN_MAX) return OG_OK;
    return og_error_set(err, OG_ELIMIT, OG_NO_POSITION, "%zu bytes are more than one value can hold", len);
}

int og_text_read(og_doc *doc, const void *bytes, size_t len, og_error *err)
{
    og_doc_reset(doc);
    if (too_long(len, err) < 0) return OG_ELIMIT;
    bool ascii = false;
    size_t valid = og__base_utf8_valid(bytes, len, &ascii);
    if (valid < len)
        return og_error_set(
            err, OG_ESYNTAX, valid,
            "found byte 0x%02x where UTF-8 text was expected; bytes that are no text travel with "
            "the codec bytes",
            ((const uint8_t *)bytes)[valid]);
    og_doc_set_root(doc, og__value_make(OG_STR, ascii ? OG__F_ASCII : 0, len, bytes));
    return OG_OK;
}

int og_text_write(og_value value, og_buf *out, og_error *err)
{
    if (og_kind_of(value) != OG_STR)
        return og_error_set(err, OG_ETYPE, OG_NO_POSITION,
                            "the codec text carries str, not %s; use json or pickle",
                            og_kind_name(og_kind_of(value)));
    if (og_str_has_surrogates(value))
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                            "the str holds a lone surrogate, which UTF-8 cannot carry");
    size_t len = 0;
    const char *data = og_data(value, &len);
    int status = og_buf_put(out, data, len);
    if (status < 0) return og_error_set(err, (og_status)status, OG_NO_POSITION, "no room for %zu bytes", len);
    return OG_OK;
}

int og_bytes_read(og_doc *doc, const void *bytes, size_t len, og_error *err)
{
    og_doc_reset(doc);
    if (too_long(len, err) < 0) return OG_ELIMIT;
    og_doc_set_root(doc, og__value_make(OG_BYTES, 0, len, bytes));
    return OG_OK;
}

int og_bytes_write(og_value value, og_buf *out, og_error *err)
{
    size_t len = 0;
    const char *data = og_data(value, &len);
    if (!data)
        return og_error_set(err, OG_ETYPE, OG_NO_POSITION,
                            "the codec bytes carries bytes, bytearray and str, not %s; use json or pickle",
                            og_kind_name(og_kind_of(value)));
    if (og_kind_of(value) == OG_STR) return og_text_write(value, out, err);
    int status = og_buf_put(out, data, len);
    if (status < 0) return og_error_set(err, (og_status)status, OG_NO_POSITION, "no room for %zu bytes", len);
    return OG_OK;
}

/* Bytes at the end of `data` that begin a UTF-8 sequence without finishing it: 0 to 3. */
static size_t cut_tail(const uint8_t *data, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        uint8_t byte = data[len - back];
        if ((byte & 0xc0) == 0x80) continue;
        size_t want = byte >= 0xf0 && byte <= 0xf4  ? 4
                      : byte >= 0xe0 && byte < 0xf0 ? 3
                      : byte >= 0xc2                ? 2
                                                    : 1;
        return byte <= 0xf4 && want > back ? back : 0;
    }
    return 0;
}

/* ---- Rows of the table ---- */

static int text_read(og_doc *doc, const uint8_t *bytes, size_t len, const og_codec_options *options,
                     og_error *err)
{
    (void)options;
    return og_text_read(doc, bytes, len, err);
}

static int text_write(og_value value, og_buf *out, const og_codec_options *options, og_error *err)
{
    (void)options;
    return og_text_write(value, out, err);
}

/* All that is there is the message, except for a UTF-8 sequence that is cut at its end. */
static int text_scan(og_codec_scan *scan, const og_codec_options *options, const uint8_t *data, size_t len,
                     bool ended, size_t *start, size_t *end, og_error *err)
{
    (void)scan;
    (void)options;
    (void)err;
    *start = 0;
    *end = ended ? len : len - cut_tail(data, len);
    return *end > 0;
}

/* A text begins with a character, not with a control byte. */
static int text_begins(const og_opening *opening, int *note)
{
    *note = OG_CODEC_NO_NOTE;
    if (opening->len == 0) return 0;
    uint8_t first = opening->data[0];
    bool space = first <= ' ' && (OG__CODEC_SPACE >> first & 1);
    bool control = (first < ' ' && !space) || first == 0x7f;
    return control || (first & 0xc0) == 0x80 || first >= 0xf8 ? -1 : 1;
}

static int bytes_read(og_doc *doc, const uint8_t *bytes, size_t len, const og_codec_options *options,
                      og_error *err)
{
    (void)options;
    return og_bytes_read(doc, bytes, len, err);
}

static int bytes_write(og_value value, og_buf *out, const og_codec_options *options, og_error *err)
{
    (void)options;
    return og_bytes_write(value, out, err);
}

static int bytes_scan(og_codec_scan *scan, const og_codec_options *options, const uint8_t *data, size_t len,
                      bool ended, size_t *start, size_t *end, og_error *err)
{
    (void)scan;
    (void)options;
    (void)data;
    (void)ended;
    (void)err;
    *start = 0;
    *end = len;
    return len > 0;
}

const og_codec og__text_codec = {
    .name = "text",
    .noun = "plain text",
    .summary = "each message is one str (UTF-8)",
    .read = text_read,
    .write = text_write,
    .scan = text_scan,
    .stream = "line",
    .datagram = "raw",
    .opaque = true,
    .lines = true,
    .asked = true,
    .begins = text_begins,
    .proof = 1,
};

const og_codec og__text_bytes_codec = {
    .name = "bytes",
    .noun = "any bytes",
    .summary = "each message is one bytes value",
    .read = bytes_read,
    .write = bytes_write,
    .scan = bytes_scan,
    .stream = "raw",
    .datagram = "raw",
    .opaque = true,
    .asked = true,
};
