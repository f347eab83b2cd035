/* SPDX-License-Identifier: MIT */
/* What was written already, by content: strings, bytes, class references. */
#include "codec/pickle/write/intern.h"
#include "base/alloc.h"

/* Slots looked at for one value. What strings chosen to collide would make slow is forgotten instead. */
enum { PROBES = 64 };

static bool same(const og__writer *w, og_value a, og_value b)
{
    if (og_kind_of(a) != OG_CLASS || og_kind_of(b) != OG_CLASS) return og__pickle_intern_same(w, a, b);
    const og_value *one = og__value_node_of(a)->items;
    const og_value *other = og__value_node_of(b)->items;
    return og__pickle_intern_same(w, one[0], other[0]) && og__pickle_intern_same(w, one[1], other[1]);
}

static uint32_t hash_of(const og__writer *w, og_value v)
{
    if (og_kind_of(v) != OG_CLASS) return og__pickle_intern_hash(w, v);
    const og_value *names = og__value_node_of(v)->items;
    uint32_t first = og__pickle_intern_hash_bytes(3, names[0].u.p, og__value_len(names[0]));
    return og__pickle_intern_hash_bytes(first, names[1].u.p, og__value_len(names[1]));
}

static uint8_t mark_of(og_value v)
{
    if (og_kind_of(v) != OG_CLASS) return og__pickle_intern_mark(v);
    const og_value *names = og__value_node_of(v)->items;
    return og__pickle_intern_mark(names[0]) | og__pickle_intern_mark(names[1]); /* not 0, either */
}

/* ---- The table ---- */

static uint32_t mask_of(const og__writer *w)
{
    return 2 * w->interned_cap - 1;
}

static uint32_t in_table(const og__writer *w, og_value v, uint32_t hash)
{
    uint32_t mask = mask_of(w);
    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t which = w->slots[(hash + i) & mask];
        if (which == 0) break;
        const og__interned *known = &w->interned[which];
        if (known->hash == hash && same(w, known->value, v)) return which;
    }
    return 0;
}

uint32_t og__pickle_intern_in_table(const og__writer *w, og_value v, uint32_t *hash)
{
    *hash = og__pickle_intern_hash(w, v);
    return in_table(w, v, *hash);
}

/* Into a free slot, or into the place of what is forgotten. */
static void set_slot(const og__writer *w, uint32_t which)
{
    uint32_t mask = mask_of(w);
    uint32_t at = w->interned[which].hash & mask;
    for (uint32_t i = 1; i < PROBES && w->slots[at]; i++)
        at = (at + 1) & mask;
    w->slots[at] = which;
}

static size_t size_of(uint32_t cap)
{
    return cap * (sizeof(og__interned) + 2 * sizeof(uint32_t));
}

void og__pickle_intern_free(og__writer *w)
{
    if (w->slots) og__base_free(w->out->alloc, w->interned, size_of(w->interned_cap));
    if (w->named) og__base_free(w->out->alloc, w->named, OG__NAMES * sizeof *w->named);
}

static int grow(og__writer *w)
{
    uint32_t cap = w->interned_cap > UINT32_MAX / 16 ? 0 : w->interned_cap * 4;
    og__interned *all = cap ? og__base_alloc(w->out->alloc, size_of(cap)) : NULL;
    if (!all) return og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    memcpy(all, w->interned, w->interned_count * sizeof *all);
    for (uint32_t i = 1; i < w->interned_count && !w->slots; i++)
        all[i].hash = hash_of(w, all[i].value);
    og__interned *old = w->interned;
    w->interned_last = all + (w->interned_last - w->interned);
    w->interned = all;
    if (w->slots) og__base_free(w->out->alloc, old, size_of(w->interned_cap));
    w->interned_cap = cap;
    w->slots = (uint32_t *)(all + cap);
    memset(w->slots, 0, (size_t)2 * cap * sizeof *w->slots);
    for (uint32_t i = 1; i < w->interned_count; i++)
        set_slot(w, i);
    return OG_OK;
}

/* ---- All ---- */

uint32_t og__pickle_intern_among(const og__writer *w, og_value v, uint32_t marked)
{
    for (; marked; marked &= marked - 1) {
        uint32_t which = (uint32_t)__builtin_ctz(marked);
        if (same(w, w->interned[which].value, v)) return which;
    }
    return 0;
}

int og__pickle_intern_put_many(og__writer *w, og_value v, uint32_t hint, uint32_t number)
{
    bool few = !w->slots;
    if ((few || w->interned_count == w->interned_cap) && grow(w) < 0) return OG_ENOMEM;
    if (few) hint = hash_of(w, v);
    uint32_t which = w->interned_count++;
    w->interned[which] = (og__interned){.value = v, .hash = hint, .number = number};
    set_slot(w, which);
    og__pickle_intern_link(w, which);
    return OG_OK;
}

const og__interned *og__pickle_intern_find(const og__writer *w, og_value value)
{
    uint32_t which =
        w->slots
            ? in_table(w, value, hash_of(w, value))
            : og__pickle_intern_among(w, value, og__pickle_intern_marked(&w->small->few, mark_of(value)));
    return which ? &w->interned[which] : NULL;
}

int og__pickle_intern_add(og__writer *w, og_value value)
{
    uint32_t number;
    int status = og__pickle_memoize(w, &number);
    if (status < 0) return status;
    return og__pickle_intern_put(w, value, w->slots ? hash_of(w, value) : mark_of(value), number);
}
