/* SPDX-License-Identifier: MIT */
/* The sentences of the JSON writer, with the path to the value that they are about. */
#include "base/plural.h"
#include "codec/json/writer.h"

#include <stdarg.h>
#include <stdio.h>

enum { PATH_MAX_LEN = 100, KEY_MAX_LEN = 40 };

typedef struct path {
    char text[PATH_MAX_LEN + 1];
    size_t len;
} path;

static void add(path *p, const char *format, ...) OG_PRINTF(2, 3);

static void add(path *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(p->text + p->len, sizeof p->text - p->len, format, args);
    va_end(args);
    if (n > 0) p->len += (size_t)n;
    if (p->len > PATH_MAX_LEN) p->len = PATH_MAX_LEN;
}

static bool is_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
    }
    return len > 0 && len <= KEY_MAX_LEN;
}

static void add_key(path *p, og_value key)
{
    size_t len;
    const char *text = og_kind_of(key) == OG_STR ? og_data(key, &len) : NULL;
    int64_t number;
    if (text && is_name(text, len))
        add(p, ".%.*s", (int)len, text);
    else if (text)
        add(p, "[\"%.*s\"]", (int)(len < KEY_MAX_LEN ? len : KEY_MAX_LEN), text);
    else if (og_as_int64(key, &number) == OG_OK)
        add(p, "[%lld]", (long long)number);
    else
        add(p, "[%s key]", og_kind_name(og_kind_of(key)));
}

/* What one open frame adds: the item that was taken from it last. */
static void add_frame(path *p, const og__json_frame *f)
{
    if (!f->first || f->next == f->first) return;
    switch ((og__json_frame_kind)f->kind) {
    case OG__FRAME_LIST: add(p, "[%zu]", (size_t)(f->next - f->first) - 1); break;
    case OG__FRAME_DICT:
    case OG__FRAME_PAIRS: add_key(p, f->next[-2]); break;
    default: break;
    }
}

int og__json_refuse(og__json_writer *w, og_status status, const char *format, ...)
{
    if (!w->err) return status;
    path p = {.len = 0};
    for (size_t i = 0; i < w->depth && p.len < PATH_MAX_LEN; i++)
        add_frame(&p, &w->frames[i]);
    char sentence[sizeof w->err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (p.len == 0) return og_error_set(w->err, status, OG_NO_POSITION, "%s", sentence);
    return og_error_set(w->err, status, OG_NO_POSITION, "at %s%s: %s", p.text,
                        p.len == PATH_MAX_LEN ? "…" : "", sentence);
}

int og__json_write_no_memory(og__json_writer *w)
{
    return og_error_set(w->err, OG_ENOMEM, OG_NO_POSITION, "out of memory while writing JSON");
}

int og__json_too_long(og__json_writer *w)
{
    if (w->grows) return og__json_refuse(w, OG_ELIMIT, OG__GROWTH_SENTENCE, w->max, w->source);
    if (!w->unlimited)
        return og__json_refuse(w, OG_ELIMIT,
                               "the text would be longer than the limit of %zu byte%s (max_bytes)", w->max,
                               og__base_plural(w->max));
    return og__json_refuse(
        w, OG_ELIMIT,
        "writing shared values again and again would take more than %zu bytes; use lossless form, "
        "or set max_bytes",
        OG__REPEAT_MAX);
}

int og__json_refuse_kind(og__json_writer *w, og_value value)
{
    return og__json_refuse(w, OG_ETYPE, "%s cannot be carried by JSON; use plain or lossless form or pickle",
                           og_kind_name(og_kind_of(value)));
}
