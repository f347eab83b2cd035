/* SPDX-License-Identifier: MIT */
/*
 * Containers of pickles: whatever the bytes are, the walk ends, gives something for them, unpacks no more
 * than its limits, and every entry is within bounds. The first byte chooses a name; so no seed is a program
 * to whoever looks through the sources.
 */
#include <onggi/container.h>

#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MAX = 100000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads the first and last byte, so that a sanitizer sees bytes that are not there. */
static unsigned touch(const uint8_t *bytes, size_t len)
{
    return len ? bytes[0] + bytes[len - 1] : 0u;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a.pkl", "a.bin", "a.pkl.gz", ""};
    size_t which = size ? data[0] % 4u : 0;
    const og_walk_options options = {.size = sizeof options,
                                     .name = names[which],
                                     .pickle = which == 3,
                                     .max_item = 1 << 16,
                                     .max_total = 1 << 18};
    og_entry entry;
    og_error err;
    const char *what;
    size_t count = 0;
    unsigned sum = 0;
    int status;
    og_walk *walk;
    if (size) data++, size--;
    walk = og_walk_new(data, size, &options, &err);
    if (!walk) return 0;
    while ((status = og_walk_next(walk, &entry, &err)) > 0) {
        sum += touch(entry.bytes, entry.len) + (unsigned)strlen(entry.path);
        if (!entry.what || (entry.kind == OG_ENTRY_UNREADABLE && !entry.reason.text[0])) abort();
        if (entry.kind == OG_ENTRY_PICKLE && entry.report.size > entry.len) abort();
        if (++count > ENTRIES_MAX) abort();
    }
    if (status == 0 && count == 0) abort();
    og_walk_free(walk);
    og_entry_known(data, size, (uint64_t)size * 3, &what);
    return og_entry_ends_zip(data, size) && sum == 1 ? 0 : 0;
}
