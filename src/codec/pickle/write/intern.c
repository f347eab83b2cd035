/* SPDX-License-Identifier: MIT */
/* What was written already, by content: strings, bytes, class references. */
#include "codec/pickle/write/intern.h"
#include "base/alloc.h"

/* Entries looked at for one value. What strings chosen to collide would make slow is forgotten instead. */
enum { MANY = 1024, PROBES = 64 };

static uint32_t hash_of(const og__writer *w, og_value v)
{
    if (og_kind_of(v) != OG_CLASS) return og__pickle_intern_hash(w, v);
    const og_value *names = og__value_node_of(v)->items;
    uint32_t first = og__pickle_intern_hash_bytes(3, names[0].u.p, og__value_len(names[0]));
    return og__pickle_intern_hash_bytes(first, names[1].u.p, og__value_len(names[1]));
}

static bool same_text(const og__writer *w, og_value a, og_value b)
{
    size_t len = og__value_len(a);
    if (len != og__value_len(b)) return false;
    return a.u.p == b.u.p || (og__pickle_intern_whole(w, len) && memcmp(a.u.p, b.u.p, len) == 0);
}

static bool same(const og__writer *w, og_value a, og_value b)
{
    if (og_kind_of(a) != og_kind_of(b)) return false;
    if (og_kind_of(a) != OG_CLASS) return same_text(w, a, b);
    const og_value *one = og__value_node_of(a)->items;
    const og_value *other = og__value_node_of(b)->items;
    return same_text(w, one[0], other[0]) && same_text(w, one[1], other[1]);
}

static og__interned *probe(const og__writer *w, og__interned *table, size_t cap, og_value v, uint32_t hash)
{
    size_t at = hash & (cap - 1);
    for (int i = 0; i < PROBES; i++, at = (at + 1) & (cap - 1)) {
        if (!og_valid(table[at].value) || (table[at].hash == hash && same(w, table[at].value, v)))
            return &table[at];
    }
    table[at].value = (og_value){0};
    return &table[at];
}

/* Canonical pickles know strings by their content alone. */
static int by_place_new(og__writer *w)
{
    size_t size = sizeof *w->by_place << OG__BY_PLACE_LOG2;
    w->by_place = og__base_alloc(w->out->alloc, size);
    if (!w->by_place) return og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    memset(w->by_place, 0, size);
    return OG_OK;
}

static void free_table(const og__writer *w)
{
    if (w->interned_cap > OG__FIRST_INTERNED)
        og__base_free(w->out->alloc, w->interned, w->interned_cap * sizeof *w->interned);
}

/* Goes over from the few to a table, or to a wider one. */
static int grow_interned(og__writer *w)
{
    size_t cap = w->interned_cap ? w->interned_cap * 4 : OG__FIRST_INTERNED;
    bool first = w->interned_cap == 0;
    og__interned *table = first ? w->small->table : og__base_alloc(w->out->alloc, cap * sizeof *table);
    if (!table) return og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    memset(table, 0, cap * sizeof *table);
    const og__interned *old = first ? w->small->few : w->interned;
    for (size_t i = 0; i < (first ? w->interned_count : w->interned_cap); i++) {
        if (og_valid(old[i].value)) *probe(w, table, cap, old[i].value, old[i].hash) = old[i];
    }
    free_table(w);
    w->interned = table;
    w->interned_cap = cap;
    return cap == MANY && !w->references ? by_place_new(w) : OG_OK;
}

/* The first ones are looked through one by one: nothing need be cleared for them. */
static inline og__interned *probe_few(const og__writer *w, og_value v, uint32_t hash)
{
    og__interned *few = w->small->few;
    size_t i = 0;
    for (; i < w->interned_count; i++) {
        if (few[i].hash == hash && same(w, few[i].value, v)) return &few[i];
    }
    few[i].value = (og_value){0};
    few[i].hash = hash;
    return &few[i];
}

og__interned *og__pickle_intern_probe(og__writer *w, og_value v, uint32_t hash)
{
    if (w->interned_count < OG__FEW_INTERNED && w->interned_cap == 0) return probe_few(w, v, hash);
    if (w->interned_count >= w->interned_cap / 2 && grow_interned(w) < 0) return NULL;
    og__interned *entry = probe(w, w->interned, w->interned_cap, v, hash);
    if (!og_valid(entry->value)) entry->hash = hash;
    return entry;
}

og__interned *og__pickle_intern_find(og__writer *w, og_value value)
{
    return og__pickle_intern_probe(w, value, hash_of(w, value));
}

void og__pickle_intern_free(og__writer *w)
{
    if (w->by_place) og__base_free(w->out->alloc, w->by_place, sizeof *w->by_place << OG__BY_PLACE_LOG2);
    if (w->named) og__base_free(w->out->alloc, w->named, OG__NAMES * sizeof *w->named);
    free_table(w);
}

int og__pickle_intern_add(og__writer *w, og_value value)
{
    uint32_t number;
    int status = og__pickle_memoize(w, &number);
    og__interned *entry = status < 0 ? NULL : og__pickle_intern_find(w, value);
    if (!entry) return OG_ENOMEM;
    entry->value = value;
    entry->number = number;
    w->interned_count++;
    return OG_OK;
}
