/* SPDX-License-Identifier: MIT */
/* The table of layers, and the sets of them that connections share. */
#include "layer/layer.h"

#include "base/alloc.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* From the socket up. */
static const og__layer *const layers_known[] = {
    &og__layer_tls,
    &og__layer_mp_auth,
    NULL,
};

_Static_assert(sizeof layers_known / sizeof layers_known[0] <= OG__LAYERS_MOST + 1, "all fit into one set");

struct og__layers {
    atomic_uint refs;
    const og_allocator *alloc;
    og_role role;
    size_t count;
    const og__layer *rows[OG__LAYERS_MOST];
    void *configs[OG__LAYERS_MOST];
};

bool og_layer_at(size_t index, const char **name, const char **summary)
{
    const og__layer *const *at = layers_known;
    while (*at && index > 0) {
        at++;
        index--;
    }
    if (!*at) return false;
    if (name) *name = (*at)->name;
    if (summary) *summary = (*at)->summary;
    return true;
}

/* The layer that option `*index` belongs to; leaves in `*index` which of its options that is. */
static const og__layer *layer_of(size_t *index)
{
    for (size_t i = 0; layers_known[i]; i++) {
        if (*index < layers_known[i]->option_count) return layers_known[i];
        *index -= layers_known[i]->option_count;
    }
    return NULL;
}

const og_layer_option_info *og_layer_option_at(size_t index)
{
    const og__layer *layer = layer_of(&index);
    return layer ? &layer->options[index] : NULL;
}

/* ---- Options ---- */

/* The row of an option, and its layer. */
static const og_layer_option_info *find_option(const char *name, const og__layer **layer)
{
    for (size_t i = 0; layers_known[i]; i++) {
        *layer = layers_known[i];
        for (size_t k = 0; k < (*layer)->option_count; k++)
            if (strcmp((*layer)->options[k].name, name) == 0) return &(*layer)->options[k];
    }
    return NULL;
}

static int unknown_option(const char *name, og_error *err)
{
    char names[180];
    size_t len = 0;
    const og_layer_option_info *info;
    names[0] = '\0';
    for (size_t i = 0; (info = og_layer_option_at(i)) != NULL; i++) {
        int n = snprintf(names + len, sizeof names - len, "%s%s", i ? ", " : "", info->name);
        if (n > 0 && (size_t)n < sizeof names - len) len += (size_t)n;
    }
    return og_error_set(err, OG_ENOTFOUND, OG_NO_POSITION, "no layer has an option '%.32s': there are %s",
                        name, names);
}

static int check_option(const og_layer_option *option, og_role role, og_error *err)
{
    const og__layer *layer;
    const og_layer_option_info *info = find_option(option->name, &layer);
    if (!info) return unknown_option(option->name, err);
    if (!(info->roles & role))
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "option %s is for %s, not for %s", info->name,
                            role == OG_ROLE_CLIENT ? "servers" : "clients",
                            role == OG_ROLE_CLIENT ? "clients" : "servers");
    if (info->argument && !option->value)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "option %s needs a value: %s", info->name,
                            info->argument);
    return OG_OK;
}

/* ---- Which layers ---- */

static bool is_named(const char *names, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = names; at && *at; at += at[strcspn(at, ",")] == ',') {
        size_t n = strcspn(at, ",");
        if (n == len && memcmp(at, name, len) == 0) return true;
        at += n;
    }
    return false;
}

/* The first option given that belongs to the layer, or NULL; of those that put it in if `starting`. */
static const char *option_given(const og__layer *layer, const og__layer_given *given, bool starting)
{
    for (size_t i = 0; i < layer->option_count; i++) {
        if (starting && !layer->options[i].starts) continue;
        if (og__layer_option(given, layer->options[i].name)) return layer->options[i].name;
    }
    return NULL;
}

static bool is_wanted(const og__layer *layer, const og__layer_given *given, const char *scheme,
                      const char *names)
{
    if (layer->scheme && scheme && strcmp(layer->scheme, scheme) == 0) return true;
    return is_named(names, layer->name) || option_given(layer, given, true);
}

int og__layer_set_new(og__layers **layers, const og__layer_given *given, const char *scheme,
                      const char *names, bool strict, og_error *err)
{
    const og__layer *rows[OG__LAYERS_MOST];
    size_t count = 0;
    *layers = NULL;
    for (size_t i = 0; i < given->option_count; i++) {
        int status = check_option(&given->options[i], given->role, err);
        if (status < 0) return status;
    }
    for (size_t i = 0; layers_known[i]; i++) {
        const og__layer *layer = layers_known[i];
        const char *unused = option_given(layer, given, false);
        if (is_wanted(layer, given, scheme, names))
            rows[count++] = layer;
        else if (strict && unused)
            return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                                "option %s needs %s%s, which this endpoint does not use", unused, layer->name,
                                layer->scheme ? " (tls://)" : "");
    }
    return og__layer_set_of(layers, rows, count, given, err);
}

/* ---- Making and counting ---- */

int og__layer_set_of(og__layers **layers, const og__layer *const *rows, size_t count,
                     const og__layer_given *given, og_error *err)
{
    *layers = NULL;
    if (count == 0) return OG_OK;
    og__layers *set = og__base_alloc(given->alloc, sizeof *set);
    if (!set) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the layers of an endpoint");
    memset(set, 0, sizeof *set);
    atomic_init(&set->refs, 1);
    set->alloc = given->alloc;
    set->role = given->role;
    for (size_t i = 0; i < count; i++) {
        int status = rows[i]->configure ? rows[i]->configure(&set->configs[i], given, err) : OG_OK;
        if (status < 0) {
            og__layer_set_unref(set);
            return status;
        }
        set->rows[set->count++] = rows[i];
    }
    *layers = set;
    return OG_OK;
}

og__layers *og__layer_set_ref(og__layers *layers)
{
    if (layers) atomic_fetch_add_explicit(&layers->refs, 1, memory_order_relaxed);
    return layers;
}

void og__layer_set_unref(og__layers *layers)
{
    if (!layers || atomic_fetch_sub_explicit(&layers->refs, 1, memory_order_acq_rel) != 1) return;
    for (size_t i = layers->count; i-- > 0;)
        if (layers->rows[i]->release) layers->rows[i]->release(layers->configs[i]);
    og__base_free(layers->alloc, layers, sizeof *layers);
}

size_t og__layer_set_count(const og__layers *layers)
{
    return layers->count;
}

const og__layer *og__layer_set_at(const og__layers *layers, size_t index, const void **config)
{
    *config = layers->configs[index];
    return layers->rows[index];
}

og_role og__layer_set_role(const og__layers *layers)
{
    return layers->role;
}

const char *og__layer_set_codec(const og__layers *layers)
{
    return layers ? layers->rows[layers->count - 1]->codec : NULL;
}

const char *og__layer_set_framing(const og__layers *layers)
{
    return layers ? layers->rows[layers->count - 1]->framing : NULL;
}

int og__layer_foreign(const uint8_t *data, size_t len, og_role role, og_error *err)
{
    for (size_t i = 0; layers_known[i]; i++) {
        int status = layers_known[i]->foreign ? layers_known[i]->foreign(data, len, role, err) : OG_OK;
        if (status < 0) return status;
    }
    return OG_OK;
}

const char *og__layer_silence(const char *framing)
{
    for (size_t i = 0; layers_known[i]; i++) {
        const og__layer *layer = layers_known[i];
        if (layer->silence && layer->framing && strcmp(layer->framing, framing) == 0) return layer->silence;
    }
    return NULL;
}
