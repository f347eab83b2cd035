/* SPDX-License-Identifier: MIT */
/* Dicts and sets: entries in insertion order, and beyond a few of them an index of their hashes. */
#include "value/container.h"
#include "value/key.h"

/* Nodes of a key that a look-up walks before it says "not found". */
enum { LOOK_UP_WORK = 1 << 22 };

static og__keys keys_of(const og_doc *doc)
{
    return (og__keys){&doc->alloc, doc->seed, doc->work, doc->work_limit, false};
}

static og_value *entry(const og__node *node, size_t width, size_t i)
{
    return (og_value *)node->items + i * width;
}

static int refuse_key(og_error *err, int status, og_kind kind)
{
    if (status == OG_ETYPE)
        return og_error_set(err, OG_ETYPE, OG_NO_POSITION,
                            "unhashable %s cannot be a key or an item of a set", og_kind_name(kind));
    if (status == OG_ELIMIT)
        return og_error_set(err, OG_ELIMIT, OG_NO_POSITION, "keys take too long to compare");
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to compare keys");
}

/* ---- the index ---- */

static uint64_t slot_make(uint64_t hash, size_t entry_number)
{
    return (hash & ~(uint64_t)UINT32_MAX) | (uint32_t)(entry_number + 1);
}

static void index_add(og__index *index, uint64_t hash, size_t entry_number)
{
    uint64_t *slots = og__slots_of(index);
    size_t mask = ((size_t)1 << index->log2) - 1;
    size_t i = (size_t)(hash >> 32) & mask;
    while (slots[i])
        i = (i + 1) & mask;
    slots[i] = slot_make(hash, entry_number);
}

static int64_t index_find(og__keys *keys, const og__node *node, size_t width, og_value key, uint64_t hash)
{
    og__index *index = og__index_of(node);
    const uint64_t *slots = og__slots_of(index);
    size_t mask = ((size_t)1 << index->log2) - 1;
    for (size_t i = (size_t)(hash >> 32) & mask; slots[i]; i = (i + 1) & mask) {
        if (slots[i] >> 32 != hash >> 32) continue;
        size_t at = (uint32_t)slots[i] - 1;
        int same = og__key_equal(keys, *entry(node, width, at), key);
        if (same < 0) return same - 1;
        if (same) return (int64_t)at;
    }
    return OG__NOT_FOUND;
}

int64_t og__find(og__keys *keys, const og__node *node, size_t width, og_value key, uint64_t hash)
{
    if (node->flags & OG__N_INDEX) return index_find(keys, node, width, key, hash);
    for (size_t i = 0; i < node->count; i++) {
        int same = og__key_equal(keys, *entry(node, width, i), key);
        if (same < 0) return same - 1;
        if (same) return (int64_t)i;
    }
    return OG__NOT_FOUND;
}

/* ---- growing ---- */

/* Memory for an index of 2**log2 slots and `room` entries; the entries' address. */
static og_value *run_new(og_doc *doc, unsigned log2, size_t room, size_t width)
{
    size_t slots = (size_t)8 << log2;
    uint8_t *run = og__doc_alloc(doc, slots + sizeof(og__index) + room * width * sizeof(og_value), 8);
    if (!run) return NULL;
    memset(run, 0, slots);
    og__index *index = (og__index *)(void *)(run + slots);
    *index = (og__index){doc->seed, log2};
    return (og_value *)(void *)(index + 1);
}

static int index_fill(og__keys *keys, const og__node *node, size_t width, og__index *index)
{
    if (node->flags & OG__N_INDEX) {
        og__index *old = og__index_of(node);
        const uint64_t *slots = og__slots_of(old);
        for (size_t i = 0; i < (size_t)1 << old->log2; i++) {
            if (slots[i]) index_add(index, slots[i], (uint32_t)slots[i] - 1);
        }
        return OG_OK;
    }
    for (size_t i = 0; i < node->count; i++) {
        uint64_t hash;
        og_kind kind;
        int status = og__hash(keys, *entry(node, width, i), &hash, &kind);
        if (status < 0) return status;
        index_add(index, hash, i);
    }
    return OG_OK;
}

static unsigned slots_log2(size_t room)
{
    unsigned log2 = 4;
    while (log2 < 32 && ((size_t)1 << log2) < room + room / 2)
        log2++;
    return log2;
}

/* A dict or set that is being added to. */
typedef struct adder {
    og_doc *doc;
    og__node *node;
    size_t width;
    size_t room; /* entries; more than the node tells while a run of exact size is being filled */
    og__keys keys;
    og_kind refused; /* the kind that was not hashable */
} adder;

static adder adder_of(og_doc *doc, og_value container)
{
    og__node *node = og__node_of(container);
    return (adder){doc, node, og__width(container), og__node_room(node), keys_of(doc), OG_INVALID};
}

static int reserve(adder *a, size_t need, bool exact)
{
    og__node *node = a->node;
    if (need <= a->room && (need <= OG__LINEAR_MAX || node->flags & OG__N_INDEX)) return OG_OK;
    if (need > UINT32_MAX) return OG_ELIMIT;
    uint8_t log2 = og__log2_for(need);
    size_t room = exact ? need : (size_t)1 << log2;
    size_t entry_size = a->width * sizeof(og_value);
    og_value *items;
    if (room <= OG__LINEAR_MAX) {
        items = og__doc_grow(a->doc, node->items, a->room * entry_size, room * entry_size);
        if (!items) return OG_ENOMEM;
    } else {
        items = run_new(a->doc, slots_log2(room), room, a->width);
        if (!items) return OG_ENOMEM;
        int status = index_fill(&a->keys, node, a->width, (og__index *)(void *)items - 1);
        if (status < 0) return status;
        if (node->count) memcpy(items, node->items, node->count * entry_size);
        node->flags |= OG__N_INDEX;
    }
    node->items = items;
    node->capacity = log2;
    a->room = room;
    node->flags &= (uint8_t)~OG__N_EXACT;
    return OG_OK;
}

/* Adds an entry, or finds the one that is there; its number, or below OG__NOT_FOUND an error - 1. */
static int64_t put(adder *a, og_value key)
{
    og__node *node = a->node;
    uint64_t hash = 0;
    bool indexed = (node->flags & OG__N_INDEX) != 0;
    if (indexed || node->count >= OG__LINEAR_MAX || !og__is_flat(key)) {
        int status = og__hash(&a->keys, key, &hash, &a->refused);
        if (status < 0) return status - 1;
    }
    int64_t at = og__find(&a->keys, node, a->width, key, hash);
    if (at != OG__NOT_FOUND) return at;
    int status = reserve(a, (size_t)node->count + 1, false);
    if (status < 0) return status - 1;
    if (!indexed && node->flags & OG__N_INDEX && (status = og__hash(&a->keys, key, &hash, &a->refused)) < 0)
        return status - 1;
    size_t last = node->count++;
    *entry(node, a->width, last) = key;
    if (node->flags & OG__N_INDEX) index_add(og__index_of(node), hash, last);
    return (int64_t)last;
}

static int put_all(og_doc *doc, og_value container, const og_value *items, size_t count, og_error *err)
{
    adder a = adder_of(doc, container);
    bool exact = a.node->count == 0 && count > 1;
    int status = exact ? reserve(&a, count, true) : OG_OK;
    for (size_t i = 0; status == OG_OK && i < count; i++) {
        int64_t at = put(&a, items[i * a.width]);
        if (at < 0)
            status = (int)at + 1;
        else if (a.width == 2)
            entry(a.node, 2, (size_t)at)[1] = items[i * 2 + 1];
    }
    if (exact && a.node->items) a.node->flags |= OG__N_EXACT;
    doc->work = a.keys.work;
    return status < 0 ? refuse_key(err, status, a.refused) : OG_OK;
}

int og__index_build(og_doc *doc, og_value container)
{
    adder a = adder_of(doc, container);
    a.room = 0;
    int status = reserve(&a, a.node->count, true);
    a.node->flags |= OG__N_EXACT;
    return status;
}

int og__dict_extend(og_doc *doc, og_value dict, const og_value *items, size_t pairs, og_error *err)
{
    return put_all(doc, dict, items, pairs, err);
}

int og__set_extend(og_doc *doc, og_value set, const og_value *items, size_t count, og_error *err)
{
    return put_all(doc, set, items, count, err);
}

og_value og__dict_from(og_doc *doc, const og_value *items, size_t pairs, og__duplicate duplicate, size_t *bad,
                       og_error *err)
{
    og_value dict = og__node_new(doc, OG_DICT);
    if (!og_valid(dict)) {
        refuse_key(err, OG_ENOMEM, OG_INVALID);
        return dict;
    }
    adder a = adder_of(doc, dict);
    int status = pairs ? reserve(&a, pairs, true) : OG_OK;
    for (size_t i = 0; status == OG_OK && i < pairs; i++) {
        int64_t at = put(&a, items[2 * i]);
        if (at < 0) {
            status = (int)at + 1;
        } else if (duplicate == OG__DUPLICATE_REFUSE && (size_t)at != i) {
            *bad = i;
            og_error_set(err, OG_EVALUE, OG_NO_POSITION, "a key stands twice");
            return (og_value){0};
        } else {
            entry(a.node, 2, (size_t)at)[1] = items[2 * i + 1];
        }
    }
    doc->work = a.keys.work;
    a.node->flags |= OG__N_PLACED | (pairs ? OG__N_EXACT : 0);
    if (status == OG_OK) return dict;
    refuse_key(err, status, a.refused);
    return (og_value){0};
}

og_value og__set_from(og_doc *doc, og_kind kind, const og_value *items, size_t count, og_error *err)
{
    og_value set = og__node_new(doc, kind);
    if (!og_valid(set)) {
        refuse_key(err, OG_ENOMEM, OG_INVALID);
        return set;
    }
    if (put_all(doc, set, items, count, err) < 0) return (og_value){0};
    og__node_of(set)->flags |= OG__N_PLACED;
    return set;
}

/* ---- one by one ---- */

og_value og_dict(og_doc *doc)
{
    return og__node_new(doc, OG_DICT);
}

og_value og_set(og_doc *doc)
{
    return og__node_new(doc, OG_SET);
}

og_value og_frozenset(og_doc *doc, const og_value *items, size_t count, og_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!og_valid(items[i])) {
            og__refuse_invalid(err);
            return (og_value){0};
        }
    }
    og_value set = og__set_from(doc, OG_FROZENSET, items, count, err);
    if (!og_valid(set)) return set;
    og__node_of(set)->flags &= (uint8_t)~OG__N_PLACED;
    for (size_t i = 0; i < count; i++)
        og__place(items[i]);
    return set;
}

int og_dict_set(og_doc *doc, og_value dict, og_value key, og_value value, og_error *err)
{
    if (og_kind_of(dict) != OG_DICT) return og__refuse_kind(err, OG_DICT, dict);
    if (!og_valid(key) || !og_valid(value)) return og__refuse_invalid(err);
    og_value pair[2] = {key, value};
    uint32_t before = og__node_of(dict)->count;
    int status = put_all(doc, dict, pair, 1, err);
    if (status < 0) return status;
    if (og__node_of(dict)->count != before) og__place(key);
    og__place(value);
    if (value.u.p == dict.u.p) og__mark_shared(value);
    return OG_OK;
}

int og_dict_sets(og_doc *doc, og_value dict, const char *key, og_value value, og_error *err)
{
    og_value name = og_str(doc, key);
    if (!og_valid(name))
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION, "a key that is not UTF-8, or no memory for it");
    return og_dict_set(doc, dict, name, value, err);
}

int og_set_add(og_doc *doc, og_value set, og_value item, og_error *err)
{
    if (og_kind_of(set) != OG_SET) return og__refuse_kind(err, OG_SET, set);
    if (!og_valid(item)) return og__refuse_invalid(err);
    uint32_t before = og__node_of(set)->count;
    int status = put_all(doc, set, &item, 1, err);
    if (status == OG_OK && og__node_of(set)->count != before) og__place(item);
    return status;
}

/* ---- looking up ---- */

/* The entry's number, or below 0. Nothing changes: finished documents are read by many threads. */
static int64_t look_up(og_value container, og_value key)
{
    const og__node *node = og__node_of(container);
    og__keys keys = {.work_limit = LOOK_UP_WORK};
    uint64_t hash = 0;
    if (node->flags & OG__N_INDEX) {
        og_kind kind;
        keys.seed = og__index_of(node)->seed;
        if (og__hash(&keys, key, &hash, &kind) < 0) return OG__NOT_FOUND;
    }
    return og__find(&keys, node, og__width(container), key, hash);
}

og_value og_dict_get(og_value dict, og_value key)
{
    if (og_kind_of(dict) != OG_DICT || !og_valid(key)) return (og_value){0};
    int64_t at = look_up(dict, key);
    return at < 0 ? (og_value){0} : entry(og__node_of(dict), 2, (size_t)at)[1];
}

og_value og_dict_gets(og_value dict, const char *key)
{
    return og_dict_get(dict, og__make(OG_STR, 0, strlen(key), key));
}

bool og_set_has(og_value set, og_value item)
{
    og_kind kind = og_kind_of(set);
    if ((kind != OG_SET && kind != OG_FROZENSET) || !og_valid(item)) return false;
    return look_up(set, item) >= 0;
}

/* ---- taking out ---- */

/* Rebuilds nothing: later entries move up by one, and so do their numbers in the index. */
static void index_remove(og__index *index, size_t gone)
{
    uint64_t *slots = og__slots_of(index);
    size_t count = (size_t)1 << index->log2;
    size_t hole = 0;
    while ((uint32_t)slots[hole] != gone + 1)
        hole++;
    size_t mask = count - 1;
    for (size_t i = (hole + 1) & mask; slots[i]; i = (i + 1) & mask) {
        size_t home = (size_t)(slots[i] >> 32) & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        slots[hole] = slots[i];
        hole = i;
    }
    slots[hole] = 0;
    for (size_t i = 0; i < count; i++) {
        if ((uint32_t)slots[i] > gone + 1) slots[i]--;
    }
}

int og_dict_remove(og_doc *doc, og_value dict, og_value key, og_error *err)
{
    if (og_kind_of(dict) != OG_DICT) return og__refuse_kind(err, OG_DICT, dict);
    adder a = adder_of(doc, dict);
    uint64_t hash;
    int status = og__hash(&a.keys, key, &hash, &a.refused);
    if (status < 0) return refuse_key(err, status, a.refused);
    int64_t at = og__find(&a.keys, a.node, 2, key, hash);
    if (at < OG__NOT_FOUND) return refuse_key(err, (int)at + 1, OG_INVALID);
    if (at == OG__NOT_FOUND) return 0;
    size_t gone = (size_t)at;
    if (a.node->flags & OG__N_INDEX) index_remove(og__index_of(a.node), gone);
    memmove(entry(a.node, 2, gone), entry(a.node, 2, gone + 1),
            (a.node->count - gone - 1) * 2 * sizeof(og_value));
    a.node->count--;
    return 1;
}
