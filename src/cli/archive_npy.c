/* SPDX-License-Identifier: MIT */
/* numpy's .npy files: a header, then raw numbers, or for arrays of objects a pickle. */
#include "cli/inspect.h"

#include <string.h>

enum { MAGIC = 6, PROTO = 0x80 };

bool inspect_is_npy(const uint8_t *bytes, size_t len)
{
    return len >= MAGIC && memcmp(bytes, "\x93NUMPY", MAGIC) == 0;
}

/* Where the header's text starts and ends; false when it is cut. */
static bool find_header(const uint8_t *bytes, size_t len, size_t *start, size_t *end)
{
    if (len < MAGIC + 6u) return false;
    bool wide = bytes[MAGIC] >= 2; /* the version: from 2.0 on the length takes four bytes */
    size_t size = bytes[MAGIC + 2] | (size_t)bytes[MAGIC + 3] << 8;
    if (wide) size |= (size_t)bytes[MAGIC + 4] << 16 | (size_t)bytes[MAGIC + 5] << 24;
    *start = wide ? MAGIC + 6u : MAGIC + 4u;
    *end = *start + size;
    return *end <= len;
}

/* A dtype has objects in it wherever its text has an O: the types of fields stand in it as they are. Field
 * names may have one too; then the bytes that follow decide. */
static bool has_objects(og_value descr)
{
    og_buf text = OG_BUF_INIT;
    bool found = og_repr(descr, &text, 0, NULL) < 0 || (text.len > 0 && memchr(text.data, 'O', text.len));
    og_buf_free(&text);
    return found;
}

int inspect_npy(inspection *run, const inspect_thing *thing)
{
    size_t start;
    size_t end;
    og_error err;
    if (!find_header(thing->bytes, thing->len, &start, &end))
        return inspect_unreadable(run, thing->name, "the header of a numpy file is cut");
    og_doc *doc = og_doc_new(NULL);
    if (!doc) return inspect_unreadable(run, thing->name, "out of memory");
    bool readable = og_literal_read(doc, (const char *)thing->bytes + start, end - start, &err) == 0;
    og_value descr = readable ? og_dict_gets(og_doc_root(doc), "descr") : (og_value){0};
    bool objects = og_valid(descr) && has_objects(descr);
    readable = og_valid(descr);
    og_doc_free(doc);
    if (!readable)
        return inspect_unreadable(run, thing->name,
                                  "the header of a numpy file cannot be read: expected a dict with descr");
    inspect_thing body = *thing;
    body.start = end;
    if (objects) return inspect_pickles(run, &body);
    cli_log(OG_LOG_DEBUG, "%s: an array without objects, and so without a pickle", thing->name);
    return 0;
}
