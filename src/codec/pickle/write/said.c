/* SPDX-License-Identifier: MIT */
/* What was written already, by content: strings, bytes, class references. */
#include "codec/pickle/write/said.h"
#include "base/alloc.h"

/* Entries looked at for one value. What strings chosen to collide would make slow is forgotten instead. */
enum { FIRST_SAID = 64, MANY_SAID = 1024, PROBES = 64 };

static uint32_t hash_of(const og__writer *w, og_value v)
{
    if (og_kind_of(v) != OG_CLASS) return og__pickle_said_hash(w, v);
    const og_value *names = og__value_node_of(v)->items;
    uint32_t first = og__pickle_said_hash_bytes(3, names[0].u.p, og__value_len(names[0]));
    return og__pickle_said_hash_bytes(first, names[1].u.p, og__value_len(names[1]));
}

static bool same_text(const og__writer *w, og_value a, og_value b)
{
    size_t len = og__value_len(a);
    if (len != og__value_len(b)) return false;
    return a.u.p == b.u.p || (og__pickle_said_whole(w, len) && memcmp(a.u.p, b.u.p, len) == 0);
}

static bool same(const og__writer *w, og_value a, og_value b)
{
    if (og_kind_of(a) != og_kind_of(b)) return false;
    if (og_kind_of(a) != OG_CLASS) return same_text(w, a, b);
    const og_value *one = og__value_node_of(a)->items;
    const og_value *other = og__value_node_of(b)->items;
    return same_text(w, one[0], other[0]) && same_text(w, one[1], other[1]);
}

static og__said *probe(const og__writer *w, og__said *said, size_t cap, og_value v, uint32_t hash)
{
    size_t at = hash & (cap - 1);
    for (int i = 0; i < PROBES; i++, at = (at + 1) & (cap - 1)) {
        if (!og_valid(said[at].value) || (said[at].hash == hash && same(w, said[at].value, v)))
            return &said[at];
    }
    said[at].value = (og_value){0};
    return &said[at];
}

/* Canonical pickles know strings by their content alone. */
static int near_new(og__writer *w)
{
    size_t size = sizeof *w->near << OG__NEAR_LOG2;
    w->near = og__base_alloc(w->out->alloc, size);
    if (!w->near) return og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    memset(w->near, 0, size);
    return OG_OK;
}

static int grow_said(og__writer *w)
{
    size_t cap = w->said_cap ? w->said_cap * 4 : FIRST_SAID;
    og__said *said = og__base_alloc(w->out->alloc, cap * sizeof *said);
    if (!said) return og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    memset(said, 0, cap * sizeof *said);
    for (size_t i = 0; i < w->said_cap; i++) {
        if (og_valid(w->said[i].value)) *probe(w, said, cap, w->said[i].value, w->said[i].hash) = w->said[i];
    }
    og__base_free(w->out->alloc, w->said, w->said_cap * sizeof *said);
    w->said = said;
    w->said_cap = cap;
    return cap == MANY_SAID && !w->places ? near_new(w) : OG_OK;
}

og__said *og__pickle_said_probe(og__writer *w, og_value v, uint32_t hash)
{
    if (w->said_count >= w->said_cap / 2 && grow_said(w) < 0) return NULL;
    og__said *entry = probe(w, w->said, w->said_cap, v, hash);
    if (!og_valid(entry->value)) entry->hash = hash;
    return entry;
}

og__said *og__pickle_said_find(og__writer *w, og_value value)
{
    return og__pickle_said_probe(w, value, hash_of(w, value));
}

void og__pickle_said_free(og__writer *w)
{
    if (w->near) og__base_free(w->out->alloc, w->near, sizeof *w->near << OG__NEAR_LOG2);
    if (w->named) og__base_free(w->out->alloc, w->named, OG__NAMES * sizeof *w->named);
    og__base_free(w->out->alloc, w->said, w->said_cap * sizeof *w->said);
}

int og__pickle_said_add(og__writer *w, og_value value)
{
    uint32_t number;
    int status = og__pickle_memoize(w, &number);
    og__said *entry = status < 0 ? NULL : og__pickle_said_find(w, value);
    if (!entry) return OG_ENOMEM;
    entry->value = value;
    entry->number = number;
    w->said_count++;
    return OG_OK;
}
