/* SPDX-License-Identifier: MIT */
/* Reading messages, those of several parts too, and calling the handler. */
#include "peer/message.h"

#include "base/alloc.h"
#include "peer/changed.h"
#include "peer/detect_refuse.h"
#include "value/doc.h"

#include <string.h>

/* Names what a message seems to be that was refused, and where in the stream that is. */
static __attribute__((noinline)) void explain(const og__setup *setup, const og__message *message,
                                              og_error *err)
{
    const og_codec *asked = setup->codec_given ? message->codec : NULL;
    og__peer_refuse_named(message->codec, asked, message->bytes, message->len, message->position == 0, err);
    if (message->position > 0)
        og__peer_refuse_changed(setup, message->codec, message->bytes, message->len, false, err);
    if (err->position != OG_NO_POSITION) err->position += (size_t)message->position;
}

static inline int read_message(const og__setup *setup, const og__message *message, og_doc *doc,
                               og_value *value, og_error *err)
{
    int status = message->codec->read(doc, message->bytes, message->len, &setup->codecs, err);
    if (status < 0) {
        if (err) explain(setup, message, err);
        return err ? err->code : status;
    }
    *value = og_doc_root(doc);
    return 1;
}

int og__peer_message_read(const og__setup *setup, const og__message *message, og_doc *doc, og_value *value,
                          og_error *err)
{
    return read_message(setup, message, doc, value, err);
}

/* ---- Messages of several parts ---- */

static int no_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the parts of a message");
}

/* Makes room for `count` documents and values. */
static int make_room(og__parts *parts, size_t count, const og_allocator *alloc, og_error *err)
{
    size_t before = parts->count;
    if (count <= before) return OG_OK;
    /* An array of pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
    og_doc **docs = og__base_realloc(alloc, parts->docs, before * sizeof *docs, count * sizeof *docs);
    if (!docs) return no_memory(err);
    parts->docs = docs;
    og_value *values =
        og__base_realloc(alloc, parts->values, before * sizeof *values, count * sizeof *values);
    if (!values) {
        /* Shrinking cannot fail: both arrays are as long as `count` says. */
        /* An array of pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
        docs = og__base_realloc(alloc, docs, count * sizeof *docs, before * sizeof *docs);
        if (before == 0) docs = NULL;
        parts->docs = docs;
        return no_memory(err);
    }
    parts->values = values;
    /* An array of pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
    memset(docs + before, 0, (count - before) * sizeof *docs);
    parts->count = count;
    return OG_OK;
}

int og__peer_parts_read(og__parts *parts, const og__setup *setup, const og__message *message, og_error *err)
{
    size_t from = 0;
    int status = make_room(parts, message->parts, setup->alloc, err);
    for (size_t i = 0; i < message->parts && status >= 0; i++) {
        size_t end = message->part_ends[i].end - message->parts_from;
        const og__message part = {
            .codec = message->codec,
            .bytes = message->bytes + from,
            .len = end - from,
            .position = message->position + from,
        };
        /* Room was made for all of them. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
        if (!parts->docs[i]) parts->docs[i] = og_doc_new(setup->alloc);
        if (!parts->docs[i]) return no_memory(err);
        status = og__peer_message_read(setup, &part, parts->docs[i], &parts->values[i], err);
        from = end;
    }
    return status < 0 ? status : 1;
}

void og__peer_parts_fini(og__parts *parts, const og_allocator *alloc)
{
    for (size_t i = 0; i < parts->count; i++)
        og_doc_free(parts->docs[i]);
    og__base_free(alloc, parts->docs, parts->count * sizeof(og_doc *));
    og__base_free(alloc, parts->values, parts->count * sizeof(og_value));
    *parts = (og__parts){0};
}

/* ---- Calling the handler ---- */

static int use_parts(og_conn *conn, const og__message *message, og__parts *parts,
                     int (*use)(void *ctx, const og_value *values, size_t count, og_error *err), void *ctx,
                     og_error *err)
{
    int status = og__peer_parts_read(parts, conn->setup, message, err);
    if (status < 0) return status;
    OG__COUNT(conn, messages_in, 1);
    return use(ctx, parts->values, message->parts, err);
}

/* A document that one message made large is not kept for the next. */
static inline void shrink(og_doc **doc)
{
    if ((*doc)->memory <= OG__KEPT_DOC) return;
    og_doc_free(*doc);
    *doc = NULL;
}

static inline __attribute__((always_inline)) int
use_message(og_conn *conn, const og__message *message, og_doc **doc, og__parts *parts,
            int (*use)(void *ctx, const og_value *values, size_t count, og_error *err), void *ctx,
            og_error *err)
{
    og_value value = {0};
    const og__setup *setup = conn->setup;
    if (message->parts > 1) return use_parts(conn, message, parts, use, ctx, err);
    if (!*doc) *doc = og_doc_new(setup->alloc);
    if (!*doc) return og_error_set(err, OG_ENOMEM, (size_t)message->position, "no memory for a document");
    int status = read_message(setup, message, *doc, &value, err);
    if (status >= 0) OG__COUNT(conn, messages_in, 1);
    if (status >= 0) status = use(ctx, &value, 1, err);
    shrink(doc);
    return status < 0 ? status : OG_OK;
}

int og__peer_message_use(og_conn *conn, const og__message *message, og_doc **doc, og__parts *parts,
                         int (*use)(void *ctx, const og_value *values, size_t count, og_error *err),
                         void *ctx, og_error *err)
{
    return use_message(conn, message, doc, parts, use, ctx, err);
}

typedef struct handler {
    og_conn *conn;
    const og_server_options *options;
} handler;

static int call(void *ctx, const og_value *values, size_t count, og_error *err)
{
    const handler *to = ctx;
    const og_server_options *options = to->options;
    if (count > 1 && !options->on_parts)
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                            "a message of %zu parts has arrived where messages of one part are expected",
                            count);
    if (count > 1)
        options->on_parts(to->conn, values, count, options->user);
    else if (options->on_message)
        options->on_message(to->conn, values[0], options->user);
    return OG_OK;
}

int og__peer_message_hand(og_conn *conn, const og_server_options *options, const og__message *message,
                          og_doc **doc, og__parts *parts, og_error *err)
{
    handler to = {conn, options};
    return use_message(conn, message, doc, parts, call, &to, err);
}
