/* SPDX-License-Identifier: MIT */
/* Taking option structs from callers: they begin with their size, so that older and newer headers work. */
#ifndef ONGGI_BASE_OPTIONS_H
#define ONGGI_BASE_OPTIONS_H

#include <onggi/base.h>

#include <string.h>

/*
 * Copies `options` (NULL: the defaults) to `into`, a struct of `known` bytes. Of a shorter one what is
 * missing is zero; of a longer one what is not known here must be zero. 0, or OG_EINVAL with `err` filled.
 */
static inline int og__base_options_take(void *into, size_t known, const void *options, og_error *err)
{
    size_t size = 0;
    if (options) memcpy(&size, options, sizeof size);
    if (size == known) { /* the usual case, of a length that the compiler knows */
        memcpy(into, options, known);
        return OG_OK;
    }
    memset(into, 0, known);
    if (!options) return OG_OK;
    if (size < sizeof size)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "options without their size: set .size = sizeof options");
    memcpy(into, options, size < known ? size : known);
    const unsigned char *bytes = options;
    for (size_t i = known; i < size; i++) {
        if (bytes[i])
            return og_error_set(
                err, OG_EINVAL, OG_NO_POSITION,
                "an option that this version of the library does not know is set: leave it zero");
    }
    return OG_OK;
}

#endif
