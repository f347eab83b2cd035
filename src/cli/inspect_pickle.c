/* SPDX-License-Identifier: MIT */
/* One or several pickles in a row, as files and archives hold them. */
#include "cli/inspect.h"

#include <string.h>
#include <strings.h>

enum { PROTO = 0x80, OLD_TORCH = 5 };

/* By a name's ending; that of a member stands in brackets. */
static bool ends_like_pickle(const char *name)
{
    static const char *const endings[] = {".pkl", ".pickle", ".p", ".pck", ".pcl", ".joblib"};
    size_t len = strlen(name);
    if (len > 0 && name[len - 1] == ']') len--;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t n = strlen(endings[i]);
        if (len >= n && strncasecmp(name + len - n, endings[i], n) == 0) return true;
    }
    return false;
}

/* True for what only a pickle begins with. */
static bool begins_like_pickle(const uint8_t *bytes, size_t len)
{
    return len >= 2 && bytes[0] == PROTO && bytes[1] >= 1 && bytes[1] <= OG_PICKLE_HIGHEST_PROTOCOL;
}

/*
 * Old protocols have no mark of their own: bytes are a pickle when they use something, and call it or end
 * well. `part` says that more bytes follow, which may go on to do so.
 */
static bool reads_like_pickle(const uint8_t *bytes, size_t len, bool part)
{
    og_pickle_report report;
    og_pickle_check_first(bytes, len, NULL, &report, NULL);
    bool called = false;
    for (size_t i = 1; i < report.use_count; i++)
        called = called || report.uses[i].how != OG_USE_IMPORTED;
    bool found = called || (report.use_count > 0 && report.unreadable.code == OG_OK);
    if (part && report.unreadable.code != OG_OK && report.unreadable.code != OG_ESYNTAX) found = true;
    og_pickle_report_fini(&report);
    return found;
}

bool inspect_looks_like_pickle(const char *name, const uint8_t *bytes, size_t len)
{
    return ends_like_pickle(name) || begins_like_pickle(bytes, len) || reads_like_pickle(bytes, len, false);
}

bool inspect_may_be_pickle(const char *name, const uint8_t *bytes, size_t len)
{
    return ends_like_pickle(name) || begins_like_pickle(bytes, len) || reads_like_pickle(bytes, len, true);
}

/* What follows a pickle is another one, or it is not: then nobody knows what it is for. */
static bool goes_on(const uint8_t *bytes, size_t len)
{
    og_error err;
    og_pickle_scan scan = {0};
    size_t end;
    if (begins_like_pickle(bytes, len)) return true;
    return og_pickle_scan_end(&scan, bytes, len, true, &end, &err) > 0 ||
           inspect_looks_like_pickle("", bytes, len);
}

/* Looks at one: its size in `*size`, 0 when it cannot be read to its end. */
static int inspect_one(inspection *run, const inspect_thing *thing, size_t number, size_t at, size_t *size)
{
    const uint8_t *bytes = thing->bytes + at;
    size_t len = thing->len - at;
    if (!run->options->verdict && !run->options->globals)
        return inspect_list(run, thing->name, bytes, len, number, at, size);
    og_pickle_report report;
    og_pickle_check_first(bytes, len, run->policy, &report, NULL);
    *size = report.unreadable.code == OG_OK ? report.size : 0;
    int status = inspect_report(run, thing->name, &report, number, at);
    og_pickle_report_fini(&report);
    return status;
}

/* Files of torch before 1.6 begin with this number; after five pickles the numbers of the tensors follow. */
static bool is_old_torch(const inspect_thing *thing)
{
    static const char magic[] = "\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.";
    size_t len = thing->len - thing->start;
    return len >= sizeof magic - 1 && memcmp(thing->bytes + thing->start, magic, sizeof magic - 1) == 0;
}

int inspect_pickles(inspection *run, const inspect_thing *thing)
{
    size_t at = thing->start;
    if (thing->len == at)
        return inspect_unreadable(run, thing->name, "found nothing where a pickle was expected");
    for (size_t number = 1; at < thing->len; number++) {
        size_t size;
        if (number > OLD_TORCH && is_old_torch(thing) &&
            !inspect_looks_like_pickle("", thing->bytes + at, thing->len - at))
            return 0;
        if (number > 1 && !goes_on(thing->bytes + at, thing->len - at))
            return inspect_unreadable(
                run, thing->name,
                "%zu bytes follow after the end of pickle %zu at byte %zu, and are no pickle",
                thing->len - at, number - 1, at);
        int status = inspect_one(run, thing, number, at, &size);
        if (status || size == 0) return status;
        at += size;
    }
    return 0;
}
