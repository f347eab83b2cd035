/* SPDX-License-Identifier: MIT */
/* The names of the kinds of values. */
#include <onggi/value.h>

const char *og_kind_name(og_kind kind)
{
    switch (kind) {
#define X(name, text) \
    case name: return text;
        OG_KIND_MAP(X)
#undef X
    default: return "invalid";
    }
}
