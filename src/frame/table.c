/* SPDX-License-Identifier: MIT */
/* The table of framings, and finding one in it. */
#include "frame/frame.h"

#include <stdio.h>
#include <string.h>

/* Framings of one file, side by side. */
typedef struct family {
    const og_frame_ops *rows;
    size_t count;
} family;

/* In the order of the help. */
static const family families[] = {
    {&og__frame_raw, 1},
    {&og__frame_eof, 1},
    {og__frame_suffixes, OG__FRAME_SUFFIXES},
    {og__frame_delimiters, OG__FRAME_DELIMITERS},
    {&og__frame_seq, 1},
    {og__frame_prefixes, OG__FRAME_PREFIXES},
    {&og__frame_varint, 1},
    {&og__frame_netstring, 1},
    {&og__frame_digits, 1},
    {&og__frame_counted_digits, 1},
    {&og__frame_header, 1},
    {&og__frame_mp, 1},
};

const og_frame_ops *og_framing_at(size_t index)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (index < families[i].count) return &families[i].rows[index];
        index -= families[i].count;
    }
    return NULL;
}

/* The part of a name before its parameter. */
static size_t stem_of(const char *name)
{
    return strcspn(name, ":");
}

/* What others call the framings. */
static const struct {
    const char *word;
    const char *framing;
} other_names[] = {
    {"newline", "line"},
    {"\\n", "line"},
    {"\n", "line"},
    {"lf", "line"},
    {"jsonl", "line"},
    {"ndjson", "line"},
    {"\\r\\n", "crlf"},
    {"null", "nul"},
    {"\\0", "nul"},
    {"none", "raw"},
    {"length", "u32be"},
    {"4", "u32be"},
    {"u32", "u32be"},
    {"u16", "u16be"},
    {"u24", "u24be"},
    {"u64", "u64be"},
    {"2", "u16be"},
    {"8", "u64be"},
    {"protobuf", "varint"},
    {"http", "header"},
    {"content-length", "header"},
    {"multiprocessing", "mp"},
};

static const char *nearest_framing(const char *word)
{
    enum { MOST = 64 };
    const char *names[MOST + 1];
    const og_frame_ops *ops;
    size_t count = 0;
    for (size_t i = 0; i < sizeof other_names / sizeof other_names[0]; i++)
        if (strcmp(other_names[i].word, word) == 0) return other_names[i].framing;
    for (size_t i = 0; count < MOST && (ops = og_framing_at(i)); i++)
        if (!strchr(ops->name, ':')) names[count++] = ops->name;
    names[count] = NULL;
    return og_nearest(word, names);
}

static int unknown_framing(const char *name, og_error *err)
{
    char names[320];
    size_t len = 0;
    names[0] = '\0';
    const og_frame_ops *ops;
    for (size_t i = 0; (ops = og_framing_at(i)); i++) {
        int n = snprintf(names + len, sizeof names - len, "%s%s", i ? ", " : "", ops->name);
        if (n > 0 && (size_t)n < sizeof names - len) len += (size_t)n;
    }
    const char *nearest = nearest_framing(name);
    if (nearest)
        return og_error_set(err, OG_ENOTFOUND, OG_NO_POSITION,
                            "no framing is called '%.32s': did you mean '%s'?", name, nearest);
    return og_error_set(err, OG_ENOTFOUND, OG_NO_POSITION, "no framing is called '%.32s': there are %s", name,
                        names);
}

int og_framing_find(og_framing *framing, const char *name, og_error *err)
{
    size_t stem = stem_of(name);
    const og_frame_ops *ops;
    for (size_t i = 0; (ops = og_framing_at(i)); i++) {
        if (stem_of(ops->name) != stem || memcmp(ops->name, name, stem) != 0) continue;
        if (!ops->set && name[stem]) break;
        og_framing found = {.ops = ops};
        int status = ops->set ? ops->set(&found, name + stem + (name[stem] == ':'), err) : OG_OK;
        if (status == OG_ENOTFOUND) continue;
        if (status == OG_OK) *framing = found;
        return status;
    }
    return unknown_framing(name, err);
}

og_framing og_framing_bare(void)
{
    return (og_framing){.ops = &og__frame_raw};
}

int og_framing_after(og_framing *framing, const uint8_t *data, size_t len, size_t *size)
{
    const og_frame_ops *ops;
    const og_frame_ops *best = NULL;
    for (size_t i = 0; (ops = og_framing_at(i)); i++) {
        size_t most = len < ops->ending_len ? len : ops->ending_len;
        if (!ops->ending || memcmp(data, ops->ending, most) != 0) continue;
        if (most < ops->ending_len) return 0;
        if (!best || best->ending_len < ops->ending_len) best = ops;
    }
    if (!best) return -1;
    *framing = (og_framing){.ops = best};
    *size = best->ending_len;
    return 1;
}
