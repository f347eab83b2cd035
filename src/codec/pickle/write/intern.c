/* SPDX-License-Identifier: MIT */
/* What was written already, by content: strings, bytes, class references. */
#include "codec/pickle/write/intern.h"
#include "base/alloc.h"

/* Entries looked at for one value. What strings chosen to collide would make slow is forgotten instead. */
enum { PROBES = 64 };

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

/* Canonical pickles know strings by their content alone. It may be there: memory for a table was missing. */
static int by_place_new(og__writer *w)
{
    size_t size = sizeof *w->by_place << OG__BY_PLACE_LOG2;
    if (w->references || w->by_place) return OG_OK;
    w->by_place = og__base_alloc(w->out->alloc, size);
    if (!w->by_place) return og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    memset(w->by_place, 0, size);
    return OG_OK;
}

/* Remembers where the bytes of a str are. */
static void set_place(const og__writer *w, og_value v, uint32_t number)
{
    if (w->by_place && og_kind_of(v) == OG_STR)
        *og__pickle_intern_place(w, v) = (og__by_place){v.u.p, (uint32_t)og__value_len(v), number};
}

static void free_table(const og__writer *w)
{
    if (w->interned_cap) og__base_free(w->out->alloc, w->interned, w->interned_cap * sizeof *w->interned);
}

/* Goes over from the few to a table, or to a wider one. */
static int grow_interned(og__writer *w)
{
    enum { FIRST = 256 };
    bool first = w->interned_cap == 0;
    size_t cap = first ? FIRST : w->interned_cap * 4;
    if (first && by_place_new(w) < 0) return OG_ENOMEM;
    og__interned *table = og__base_alloc(w->out->alloc, cap * sizeof *table);
    if (!table) return og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    memset(table, 0, cap * sizeof *table);
    const og__interned *old = first ? w->few->all : w->interned;
    for (size_t i = 0; i < (first ? 1 + w->interned_count : w->interned_cap); i++) {
        if (!og_valid(old[i].value)) continue;
        *probe(w, table, cap, old[i].value, old[i].hash) = old[i];
        if (first) set_place(w, old[i].value, old[i].number);
    }
    free_table(w);
    w->few = NULL;
    w->interned = table;
    w->interned_cap = cap;
    return OG_OK;
}

/* ---- The few ---- */

enum { SLOTS = 1 << OG__FEW_SLOTS_LOG2 };

static void clear_few(og__writer *w)
{
    og__few_interned *few = w->few = &w->small->few;
    few->all[0] = (og__interned){.hash = 0};
    memset(few->by_place, 0, sizeof few->by_place);
    memset(few->by_content, 0, sizeof few->by_content);
}

/* There are fewer of them than slots. */
static og__interned *probe_few(og__writer *w, og_value v, uint32_t hash)
{
    if (!w->few) clear_few(w);
    og__few_interned *few = w->few;
    size_t at = hash % SLOTS;
    for (; few->by_content[at]; at = (at + 1) % SLOTS) {
        og__interned *known = &few->all[few->by_content[at]];
        if (known->hash == hash && same(w, known->value, v)) return known;
    }
    few->free_slot = (uint8_t)at;
    og__interned *next = &few->all[w->interned_count + 1];
    next->value = (og_value){0};
    next->hash = hash;
    return next;
}

/* ---- All ---- */

og__interned *og__pickle_intern_probe(og__writer *w, og_value v, uint32_t hash)
{
    if (w->interned_cap == 0 && w->interned_count < OG__FEW_INTERNED) return probe_few(w, v, hash);
    if (w->interned_count >= w->interned_cap / 2 && grow_interned(w) < 0) return NULL;
    og__interned *entry = probe(w, w->interned, w->interned_cap, v, hash);
    if (!og_valid(entry->value))
        entry->hash = hash;
    else
        set_place(w, v, entry->number); /* the last place that it was met in */
    return entry;
}

void og__pickle_intern_put(og__writer *w, og__interned *entry, og_value v, uint32_t number)
{
    entry->value = v;
    entry->number = number;
    w->interned_count++;
    og__few_interned *few = w->few;
    if (!few) {
        set_place(w, v, number);
        return;
    }
    uint8_t which = (uint8_t)w->interned_count;
    few->by_content[few->free_slot] = which;
    size_t slot = og__pickle_intern_slot(v.u.p, OG__FEW_SLOTS_LOG2);
    few->by_place[few->by_place[slot] ? slot ^ 1 : slot] = which;
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
    og__pickle_intern_put(w, entry, value, number);
    return OG_OK;
}
