/* SPDX-License-Identifier: MIT */
/* The one table of codecs, and what makes each of them fit it. */
#include <onggi/codec.h>

#include "codec/text/scan.h"

#include <string.h>

static int json_read(og_doc *doc, const uint8_t *bytes, size_t len, const og_codec_options *options,
                     og_error *err)
{
    return og_json_read(doc, (const char *)bytes, len, options ? &options->json_read : NULL, err);
}

static int json_write(og_value value, og_buf *out, const og_codec_options *options, og_error *err)
{
    return og_json_write(value, out, options ? &options->json_write : NULL, err);
}

static int json_scan(og_codec_scan *scan, const uint8_t *data, size_t len, bool ended, size_t *start,
                     size_t *end, og_error *err)
{
    return og_json_scan_end(&scan->json, data, len, ended, start, end, err);
}

static int pickle_read(og_doc *doc, const uint8_t *bytes, size_t len, const og_codec_options *options,
                       og_error *err)
{
    return og_pickle_read(doc, bytes, len, NULL, options ? &options->pickle_read : NULL, err);
}

static int pickle_write(og_value value, og_buf *out, const og_codec_options *options, og_error *err)
{
    return og_pickle_write(value, out, options ? &options->pickle_write : NULL, err);
}

static int pickle_scan(og_codec_scan *scan, const uint8_t *data, size_t len, bool ended, size_t *start,
                       size_t *end, og_error *err)
{
    *start = 0;
    return og_pickle_scan_end(&scan->pickle, data, len, ended, end, err);
}

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

static int text_scan(og_codec_scan *scan, const uint8_t *data, size_t len, bool ended, size_t *start,
                     size_t *end, og_error *err)
{
    (void)scan;
    (void)err;
    return og__text_scan_end(data, len, ended, start, end);
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

static int bytes_scan(og_codec_scan *scan, const uint8_t *data, size_t len, bool ended, size_t *start,
                      size_t *end, og_error *err)
{
    (void)scan;
    (void)data;
    (void)ended;
    (void)err;
    *start = 0;
    *end = len;
    return len > 0;
}

static const og_codec codecs[] = {
    {"json", "JSON texts (RFC 8259)", json_read, json_write, json_scan},
    {"pickle", "Python's pickles, protocols 0 to 5, read as data", pickle_read, pickle_write, pickle_scan},
    {"text", "each message is one str (UTF-8)", text_read, text_write, text_scan},
    {"bytes", "each message is one bytes value", bytes_read, bytes_write, bytes_scan},
};

enum { CODECS = sizeof codecs / sizeof codecs[0] };

const og_codec *og_codec_find(const char *name, og_error *err)
{
    for (size_t i = 0; i < CODECS; i++)
        if (strcmp(codecs[i].name, name) == 0) return &codecs[i];
    og_error_set(err, OG_ENOTFOUND, OG_NO_POSITION,
                 "there is no codec '%.40s': use json, pickle, text or bytes", name);
    return NULL;
}

const og_codec *og_codec_at(size_t index)
{
    return index < CODECS ? &codecs[index] : NULL;
}
