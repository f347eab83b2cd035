/* SPDX-License-Identifier: MIT */
/* Names of Python 2 and 3, as pickles below protocol 3 need them. */
#include "codec/pickle/names.h"

#include <string.h>

typedef struct rename {
    const char *module2;
    const char *name2; /* NULL: any */
    const char *module3;
    const char *name3;
} rename_row;

static const rename_row rows[] = {
#define NAME(module2, name2, module3, name3) {module2, name2, module3, name3},
#define MODULE(module2, module3)             {module2, NULL, module3, NULL},
#include "codec/pickle/compat.def"
#undef NAME
#undef MODULE
};

static og_value constant(const char *text)
{
    return og__value_make(OG_STR, OG__F_ASCII, strlen(text), text);
}

static bool same(og_value a, og_value b)
{
    size_t len = og__value_len(a);
    return len == og__value_len(b) && (len == 0 || memcmp(a.u.p, b.u.p, len) == 0);
}

void og__pickle_names_to_3(og_value *module, og_value *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const rename_row *row = &rows[i];
        if (!og_str_is(*module, row->module2) || (row->name2 && !og_str_is(*name, row->name2))) continue;
        *module = constant(row->module3);
        if (row->name3) *name = constant(row->name3);
        return;
    }
}

bool og__pickle_names_to_2(og_value *module, og_value *name)
{
    og_value want_module = *module;
    og_value want_name = *name;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const rename_row *row = &rows[i];
        if (!og_str_is(want_module, row->module3) || (row->name3 && !og_str_is(want_name, row->name3)))
            continue;
        og_value back_module = *module = constant(row->module2);
        og_value back_name = *name = row->name2 ? constant(row->name2) : want_name;
        og__pickle_names_to_3(&back_module, &back_name);
        if (same(back_module, want_module) && same(back_name, want_name)) return true;
    }
    *module = want_module;
    *name = want_name;
    og_value back_module = want_module;
    og_value back_name = want_name;
    og__pickle_names_to_3(&back_module, &back_name);
    return same(back_module, want_module) && same(back_name, want_name);
}
