/* SPDX-License-Identifier: MIT */
/* The bytes of one file: the walk through them, and what is said of each entry. */
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

static int walk_all(inspection *run, og_walk *walk, const char *file, const char **other)
{
    og_entry entry;
    og_error err;
    int found;
    int status = 0;
    while (status == 0 && (found = og_walk_next(walk, &entry, &err)) > 0) {
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
    const og_walk_options options = {.size = sizeof options,
                                     .policy = run->policy,
                                     .name = thing->name,
                                     .pickle = thing->asked_for && !run->judging,
                                     .max_item = run->limit};
    og_error err;
    const char *other = NULL;
    og_walk *walk = og_walk_new(thing->bytes, thing->len, &options, &err);
    if (!walk) {
        cli_fail(thing->name, &err);
        return CLI_UNREACHED;
    }
    run->fate = FATE_NO_PICKLE;
    run->shown = 0;
    int status = walk_all(run, walk, thing->name, &other);
    og_walk_free(walk);
    return status ? status : conclude(run, thing, other ? other : "nothing");
}
