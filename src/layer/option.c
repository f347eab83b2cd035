/* SPDX-License-Identifier: MIT */
/* What layers are told: finding an option among those given. */
#include "layer/layer.h"

#include <string.h>

const og_layer_option *og__layer_option(const og__layer_given *given, const char *name)
{
    for (size_t i = given->option_count; i-- > 0;)
        if (strcmp(given->options[i].name, name) == 0) return &given->options[i];
    return NULL;
}

size_t og__layer_option_len(const og_layer_option *option)
{
    if (option->len) return option->len;
    return option->value ? strlen(option->value) : 0;
}
