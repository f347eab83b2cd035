/* SPDX-License-Identifier: MIT */
/* The bytes of one file: the walk through them, and what is said of each entry. */
#include "cli/frames.h"
#include "cli/inspect.h"

#include <stdlib.h>
#include <string.h>

static void worsen(inspection *run, fate what)
{
    if (what > run->fate) run->fate = what;
}

static int show_pickle(inspection *run, const char *name, const og_entry *entry)
{
    static const fate fates[] = {
        [OG_HARMLESS] = FATE_HARMLESS, [OG_HARMFUL] = FATE_HARMFUL, [OG_UNREADABLE] = FATE_UNREADABLE};
    size_t size;
    worsen(run, fates[entry->report.verdict]);
    if (run->judging) return inspect_report(run, name, &entry->report, entry->number, entry->offset);
    return inspect_list(run, name, entry->bytes, entry->len, entry->number, entry->offset, &size);
}

static int show_unreadable(inspection *run, const char *name, const og_entry *entry)
{
    const char *remedy = entry->reason.code == OG_ELIMIT ? "; raise --max-message" : "";
    worsen(run, FATE_UNREADABLE);
    return inspect_unreadable(run, name, &entry->report, "%s%s", entry->reason.text, remedy);
}

static int show(inspection *run, const char *name, const og_entry *entry, const char **other)
{
    switch (entry->kind) {
    case OG_ENTRY_PICKLE: return show_pickle(run, name, entry);
    case OG_ENTRY_UNREADABLE: return show_unreadable(run, name, entry);
    case OG_ENTRY_ARCHIVE:
        run->many = true;
        worsen(run, FATE_HARMLESS);
        return 0;
    case OG_ENTRY_ARRAY: worsen(run, FATE_HARMLESS); return 0;
    case OG_ENTRY_OTHER:
        if (!*other) *other = entry->what;
        cli_log(OG_LOG_DEBUG, "%s: %s", name, entry->what);
        return 0;
    }
    return 0;
}

/* Bytes of no known kind may be messages with something around them; so may text, as pickles of protocol 0
 * are. */
static bool may_be_framed(const inspection *run, const og_entry *entry)
{
    bool kind = entry->kind == OG_ENTRY_UNREADABLE || entry->kind == OG_ENTRY_OTHER;
    return run->judging && kind && entry->depth == 0 && !entry->path[0];
}

/* Goes through the entries until one turns out to be framed messages: then `*framing` is set. */
static int walk_entries(inspection *run, og_walk *walk, const char *file, og_framing *framing,
                        const char **other)
{
    og_entry entry;
    og_error err;
    int found;
    int status = 0;
    while (status == 0 && (found = og_walk_next(walk, &entry, &err)) > 0) {
        if (framing && may_be_framed(run, &entry) &&
            cli_framing_of(entry.bytes, entry.len, true, framing) > 0)
            return 0;
        size_t len = strlen(file) + strlen(entry.path) + 1;
        char *name = malloc(len);
        if (!name) return CLI_UNREACHED;
        snprintf(name, len, "%s%s", file, entry.path);
        status = show(run, name, &entry, other);
        free(name);
    }
    if (status == 0 && found < 0) {
        cli_fail(file, &err);
        return CLI_UNREACHED;
    }
    return status;
}

/* `framing` (may be NULL) is set when the bytes are framed messages, of which nothing was said then. */
static int walk_bytes(inspection *run, const inspect_thing *thing, og_framing *framing, const char **other)
{
    const og_walk_options options = {.size = sizeof options,
                                     .policy = run->policy,
                                     .name = thing->name,
                                     .pickle = thing->asked_for && !run->judging,
                                     .max_item = run->limit};
    og_error err;
    og_walk *walk = og_walk_new(thing->bytes, thing->len, &options, &err);
    if (!walk) {
        cli_fail(thing->name, &err);
        return CLI_UNREACHED;
    }
    int status = walk_entries(run, walk, thing->name, framing, other);
    og_walk_free(walk);
    return status;
}

static int walk_message(inspection *run, const inspect_thing *thing, const og_frame *frame, size_t at,
                        size_t number, const char **other)
{
    size_t room = strlen(thing->name) + 32;
    char *name = malloc(room);
    if (!name) return CLI_UNREACHED;
    snprintf(name, room, "%s[message %zu]", thing->name, number);
    const inspect_thing message = {.name = name,
                                   .bytes = thing->bytes + at + frame->body,
                                   .len = frame->body_len,
                                   .asked_for = thing->asked_for};
    int status = walk_bytes(run, &message, NULL, other);
    free(name);
    return status;
}

/* Each message of a file by itself. */
static int walk_messages(inspection *run, const inspect_thing *thing, og_framing framing, const char **other)
{
    og_frame_reader reader;
    og_frame frame;
    og_error err;
    size_t at = 0;
    int found;
    int status = 0;
    run->many = true;
    og_frame_reader_init(&reader, framing, run->limit, NULL, NULL);
    for (size_t number = 1; status == 0 && at < thing->len; number++) {
        found = og_frame_next(&reader, thing->bytes + at, thing->len - at, true, &frame, &err);
        if (found == 0) break;
        if (found < 0) {
            worsen(run, FATE_UNREADABLE);
            return inspect_unreadable(run, thing->name, NULL, "message %zu, from byte %zu on: %s", number, at,
                                      err.text);
        }
        status = walk_message(run, thing, &frame, at, number, other);
        at += frame.size;
    }
    return status;
}

static int walk_thing(inspection *run, const inspect_thing *thing, const char **other)
{
    og_framing framing = {0};
    if (cli_framing_given(run->options, &framing) && !og_framing_is_raw(framing))
        return walk_messages(run, thing, framing, other);
    if (!run->judging && thing->asked_for && cli_framing_of(thing->bytes, thing->len, true, &framing) > 0)
        return walk_messages(run, thing, framing, other);
    framing.ops = NULL;
    int status = walk_bytes(run, thing, &framing, other);
    return status == 0 && framing.ops ? walk_messages(run, thing, framing, other) : status;
}

/* What is said of a file of which nothing was said yet. */
static int conclude(inspection *run, const inspect_thing *thing, const char *other)
{
    int status = 0;
    const og_pickle_report nothing = {.verdict = OG_HARMLESS};
    if (run->fate == FATE_NO_PICKLE && !thing->asked_for) {
        inspect_pass_over(run, thing->name, other);
        return 0;
    }
    if (run->fate == FATE_NO_PICKLE) {
        status = inspect_no_pickle(run, thing->name, other);
    } else if (run->shown == 0 && run->judging && run->options->verdict) {
        status = inspect_report(run, thing->name, &nothing, 1, 0);
    }
    inspect_count(run, run->fate);
    return status;
}

int inspect_bytes(inspection *run, const inspect_thing *thing)
{
    const char *other = NULL;
    run->fate = FATE_NO_PICKLE;
    run->shown = 0;
    int status = walk_thing(run, thing, &other);
    const og_signature *seen = thing->asked_for ? og_signature_of_text(thing->bytes, thing->len) : NULL;
    if (seen && (run->fate == FATE_UNREADABLE || run->fate == FATE_NO_PICKLE))
        cli_log(OG_LOG_ERROR, "%s: this is %s: %s", thing->name, seen->what, seen->advice);
    return status ? status : conclude(run, thing, other ? other : "nothing");
}
