/* SPDX-License-Identifier: MIT */
/* Dicts and sets: entries in insertion order, and beyond a few of them an index of their hashes. */
#include "value/container.h"
#include "value/key.h"

/* Nodes of a key that a look-up walks before it says "not found". */
enum { LOOK_UP_WORK = 1 << 24 };

static og__keys keys_of(const og_doc *doc)
{
    return (og__keys){
        .alloc = &doc->alloc, .seed = doc->seed, .work = doc->work, .work_limit = doc->work_limit};
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
    og__node *node = og__value_node_of(container);
    return (adder){doc,          node,      og__value_width(container), og__value_node_room(node),
                   keys_of(doc), OG_INVALID};
}

/* Room for `need` entries in a run that has an index. */
static int reserve_indexed(adder *a, size_t room)
{
    og__node *node = a->node;
    og__index *index = og__value_index_new(a->doc, room, a->width);
    if (!index) return OG_ENOMEM;
    int status = og__value_index_fill(&a->keys, node, a->width, index);
    if (status < 0) return status;
    size_t entry_size = a->width * sizeof(og_value);
    if (node->count) memcpy(index + 1, node->items, node->count * entry_size);
    if (node->flags & OG__N_INDEX) {
        og__index *old = og__value_index_of(node);
        size_t size = ((size_t)8 << old->log2) + sizeof *old + a->room * entry_size;
        og__value_doc_release(a->doc, og__value_slots_of(old), size);
    }
    node->flags |= OG__N_INDEX;
    node->items = index + 1;
    return OG_OK;
}

static int reserve(adder *a, size_t need, bool exact)
{
    og__node *node = a->node;
    if (need <= a->room && (need <= OG__LINEAR_MAX || node->flags & OG__N_INDEX)) return OG_OK;
    if (need > UINT32_MAX) return OG_ELIMIT;
    uint8_t log2 = og__value_log2_for(need);
    size_t room = exact ? need : (size_t)1 << log2;
    size_t entry_size = a->width * sizeof(og_value);
    /* Equal keys can leave few entries in a run that has an index. */
    if (room > OG__LINEAR_MAX || node->flags & OG__N_INDEX) {
        int status = reserve_indexed(a, room);
        if (status < 0) return status;
    } else {
        void *items = og__value_doc_grow(a->doc, node->items, a->room * entry_size, room * entry_size);
        if (!items) return OG_ENOMEM;
        node->items = items;
    }
    node->capacity = log2;
    node->flags &= (uint8_t)~OG__N_EXACT;
    a->room = room;
    return OG_OK;
}

/* Adds an entry, or finds the one that is there; its number, or below OG__NOT_FOUND an error - 1. */
static int64_t put(adder *a, og_value key)
{
    og__node *node = a->node;
    uint64_t hash = 0;
    bool indexed = (node->flags & OG__N_INDEX) != 0;
    int status;
    if (indexed || node->count >= OG__LINEAR_MAX)
        status = og__value_hash_entry(&a->keys, key, node->count, &hash, &a->refused);
    else
        status = og__value_check_hashable(&a->keys, key, &a->refused);
    if (status < 0) return status - 1;
    int64_t at = og__value_find(&a->keys, node, a->width, key, hash);
    if (at != OG__NOT_FOUND) return at;
    if (a->keys.work_limit && a->keys.work > a->keys.work_limit) return OG_ELIMIT - 1;
    status = reserve(a, (size_t)node->count + 1, false);
    if (status < 0) return status - 1;
    size_t last = node->count++;
    *entry(node, a->width, last) = key;
    if (node->flags & OG__N_INDEX) og__value_index_add(og__value_index_of(node), hash, last);
    return (int64_t)last;
}

/* Something of a short key that differs when keys are likely to. */
static uint64_t fingerprint(og_value str)
{
    size_t len = og__value_len(str);
    const uint8_t *p = str.u.p;
    uint64_t word = 0;
    if (len >= 8) {
        uint64_t tail;
        memcpy(&word, p, 8);
        memcpy(&tail, p + len - 8, 8);
        return word ^ (tail << 23 | tail >> 41) ^ len;
    }
    if (len >= 4) {
        uint32_t head;
        uint32_t tail;
        memcpy(&head, p, 4);
        memcpy(&tail, p + len - 4, 4);
        return (uint64_t)head << 32 ^ tail ^ (uint64_t)len << 24;
    }
    return len == 0 ? 0 : (uint64_t)len << 24 | (uint64_t)p[0] << 16 | (uint64_t)p[len / 2] << 8 | p[len - 1];
}

/* A bit for six bits of a number, from `shift` on. */
static inline uint64_t bit_of(uint64_t number, unsigned shift)
{
    return UINT64_C(1) << (number >> shift & 63);
}

/* A key is new when one of three bits of its fingerprint was in no key before. */
__attribute__((noinline)) bool og__value_surely_distinct(const og_value *items, size_t pairs)
{
    uint64_t a = 0;
    uint64_t b = 0;
    uint64_t c = 0;
    for (size_t i = 0; i < pairs; i++) {
        if (og_kind_of(items[2 * i]) != OG_STR) return false;
        uint64_t mixed = fingerprint(items[2 * i]) * UINT64_C(0x9e3779b97f4a7c15);
        uint64_t in_a = bit_of(mixed, 58);
        uint64_t in_b = bit_of(mixed, 52);
        uint64_t in_c = bit_of(mixed, 46);
        if (a & in_a && b & in_b && c & in_c) return false;
        a |= in_a;
        b |= in_b;
        c |= in_c;
    }
    return true;
}

/* Puts `count` items or pairs in. `whole`: no more are likely, so an empty container gets just the room. */
static int put_all(og_doc *doc, og_value container, const og_value *items, size_t count, bool whole,
                   og_error *err)
{
    adder a = adder_of(doc, container);
    bool exact = whole && a.node->count == 0 && count > 0;
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

int og__value_dict_extend(og_doc *doc, og_value dict, const og_value *items, size_t pairs, og_error *err)
{
    return put_all(doc, dict, items, pairs, pairs > 1, err);
}

int og__value_set_extend(og_doc *doc, og_value set, const og_value *items, size_t count, og_error *err)
{
    return put_all(doc, set, items, count, count > 1, err);
}

/* Fills a new dict that has room for all pairs. OG_EVALUE: pair `*bad` has a key that was there. */
static int fill(adder *a, const og_value *items, size_t pairs, og__duplicate duplicate, size_t *bad)
{
    size_t i = 0;
    if (a->node->flags & OG__N_INDEX) {
        i = og__value_index_add_strs(og__value_index_of(a->node), items, 2, pairs);
        memcpy(a->node->items, items, i * 2 * sizeof *items);
        a->node->count = (uint32_t)i;
    }
    for (; i < pairs; i++) {
        uint32_t before = a->node->count;
        int64_t at = put(a, items[2 * i]);
        if (at < 0) return (int)at + 1;
        if (duplicate == OG__DUPLICATE_REFUSE && a->node->count == before) {
            *bad = i;
            return OG_EVALUE;
        }
        entry(a->node, 2, (size_t)at)[1] = items[2 * i + 1];
    }
    return OG_OK;
}

/* As og__value_dict_from(), looking for each key. */
static __attribute__((noinline)) og_value dict_by_look_up(og_doc *doc, const og_value *items, size_t pairs,
                                                          og__duplicate duplicate, size_t *bad, og_error *err)
{
    og_value dict = og__value_node_new(doc, OG_DICT);
    if (!og_valid(dict)) {
        refuse_key(err, OG_ENOMEM, OG_INVALID);
        return dict;
    }
    adder a = adder_of(doc, dict);
    a.node->flags = OG__N_PLACED;
    int status = reserve(&a, pairs, true);
    if (status == OG_OK) status = fill(&a, items, pairs, duplicate, bad);
    doc->work = a.keys.work;
    a.node->flags |= OG__N_EXACT;
    if (status == OG_OK) return dict;
    if (status == OG_EVALUE)
        og_error_set(err, OG_EVALUE, OG_NO_POSITION, "a key occurs twice in a dict");
    else
        refuse_key(err, status, a.refused);
    return (og_value){0};
}

og_value og__value_dict_from(og_doc *doc, const og_value *items, size_t pairs, og__duplicate duplicate,
                             size_t *bad, og_error *err)
{
    bool few = pairs <= OG__LINEAR_MAX;
    if (!few || !(og__value_clearly_distinct(items, pairs) || og__value_surely_distinct(items, pairs)))
        return dict_by_look_up(doc, items, pairs, duplicate, bad, err);
    og_value small = og__value_run_from(doc, OG_DICT, items, 2 * pairs, pairs);
    if (!og_valid(small)) refuse_key(err, OG_ENOMEM, OG_INVALID);
    return small;
}

og_value og__value_dict_like(og_doc *doc, const og__node *model, const og_value *items)
{
    og_value dict = og__value_node_new(doc, OG_DICT);
    if (!og_valid(dict)) return dict;
    og__index *like = og__value_index_of(model);
    size_t before = ((size_t)8 << like->log2) + sizeof *like;
    size_t size = (size_t)model->count * 2 * sizeof *items;
    uint8_t *run = og__value_doc_alloc(doc, before + size, _Alignof(og_value));
    if (!run) return (og_value){0};
    memcpy(run, og__value_slots_of(like), before);
    memcpy(run + before, items, size);
    og__node *node = og__value_node_of(dict);
    *node = (og__node){run + before, model->count, 0, 0, OG__N_PLACED | OG__N_EXACT | OG__N_INDEX};
    return dict;
}

og_value og__value_set_from(og_doc *doc, og_kind kind, const og_value *items, size_t count, og_error *err)
{
    og_value set = og__value_node_new(doc, kind);
    if (!og_valid(set)) {
        refuse_key(err, OG_ENOMEM, OG_INVALID);
        return set;
    }
    if (put_all(doc, set, items, count, true, err) < 0) return (og_value){0};
    og__value_node_of(set)->flags |= OG__N_PLACED;
    return set;
}

/* ---- one by one ---- */

og_value og_dict(og_doc *doc)
{
    return og__value_node_new(doc, OG_DICT);
}

og_value og_set(og_doc *doc)
{
    return og__value_node_new(doc, OG_SET);
}

og_value og_frozenset(og_doc *doc, const og_value *items, size_t count, og_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!og_valid(items[i])) {
            og__value_refuse_invalid(err, items[i]);
            return (og_value){0};
        }
    }
    og_value set = og__value_set_from(doc, OG_FROZENSET, items, count, err);
    if (!og_valid(set)) return set;
    og__value_node_of(set)->flags &= (uint8_t)~OG__N_PLACED;
    for (size_t i = 0; i < count; i++)
        og__value_place(items[i]);
    return set;
}

int og_dict_set(og_doc *doc, og_value dict, og_value key, og_value value, og_error *err)
{
    if (og_kind_of(dict) != OG_DICT) return og__value_refuse_kind(err, OG_DICT, dict);
    if (!og_valid(key) || !og_valid(value)) return og__value_refuse_invalid(err, og_valid(key) ? value : key);
    og_value pair[2] = {key, value};
    uint32_t before = og__value_node_of(dict)->count;
    int status = put_all(doc, dict, pair, 1, false, err);
    if (status < 0) return status;
    doc->source = OG__SOURCE_OWN;
    if (og__value_node_of(dict)->count != before) og__value_place(key);
    og__value_place(value);
    if (value.u.p == dict.u.p) og__value_mark_shared(value);
    return OG_OK;
}

int og_dict_sets(og_doc *doc, og_value dict, const char *key, og_value value, og_error *err)
{
    size_t len = strlen(key);
    if (!og_valid(og_str_borrow(key, len)))
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION, "a key that is not UTF-8");
    og_value name = og_strn(doc, key, len);
    if (!og_valid(name)) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a key");
    return og_dict_set(doc, dict, name, value, err);
}

int og_set_add(og_doc *doc, og_value set, og_value item, og_error *err)
{
    if (og_kind_of(set) != OG_SET) return og__value_refuse_kind(err, OG_SET, set);
    if (!og_valid(item)) return og__value_refuse_invalid(err, item);
    uint32_t before = og__value_node_of(set)->count;
    int status = put_all(doc, set, &item, 1, false, err);
    doc->source = OG__SOURCE_OWN;
    if (status == OG_OK && og__value_node_of(set)->count != before) og__value_place(item);
    return status;
}

/* ---- looking up ---- */

/* The entry's number, or below 0. Nothing changes: finished documents are read by many threads. */
static int64_t look_up(og_value container, og_value key)
{
    const og__node *node = og__value_node_of(container);
    og__keys keys = {.work_limit = LOOK_UP_WORK};
    uint64_t hash = 0;
    if (node->flags & OG__N_INDEX) {
        og_kind kind;
        keys.seed = og__value_index_of(node)->seed;
        if (og__value_hash(&keys, key, &hash, &kind) < 0) return OG__NOT_FOUND;
    }
    return og__value_find(&keys, node, og__value_width(container), key, hash);
}

og_value og_dict_get(og_value dict, og_value key)
{
    if (og_kind_of(dict) != OG_DICT || !og_valid(key)) return (og_value){0};
    int64_t at = look_up(dict, key);
    if (at < 0) return (og_value){0};
    return og__value_part_of(entry(og__value_node_of(dict), 2, (size_t)at)[1], dict);
}

og_value og_dict_gets(og_value dict, const char *key)
{
    return og_dict_get(dict, og__value_make(OG_STR, 0, strlen(key), key));
}

bool og_set_has(og_value set, og_value item)
{
    og_kind kind = og_kind_of(set);
    if ((kind != OG_SET && kind != OG_FROZENSET) || !og_valid(item)) return false;
    return look_up(set, item) >= 0;
}

/* ---- taking out ---- */

int og_dict_remove(og_doc *doc, og_value dict, og_value key, og_error *err)
{
    if (og_kind_of(dict) != OG_DICT) return og__value_refuse_kind(err, OG_DICT, dict);
    adder a = adder_of(doc, dict);
    uint64_t hash = 0;
    int status = a.node->flags & OG__N_INDEX ? og__value_hash(&a.keys, key, &hash, &a.refused)
                                             : og__value_check_hashable(&a.keys, key, &a.refused);
    if (status < 0) return refuse_key(err, status, a.refused);
    int64_t at = og__value_find(&a.keys, a.node, 2, key, hash);
    if (at < OG__NOT_FOUND) return refuse_key(err, (int)at + 1, OG_INVALID);
    if (at == OG__NOT_FOUND) return 0;
    size_t gone = (size_t)at;
    if (a.node->flags & OG__N_INDEX) og__value_index_remove(og__value_index_of(a.node), gone);
    memmove(entry(a.node, 2, gone), entry(a.node, 2, gone + 1),
            (a.node->count - gone - 1) * 2 * sizeof(og_value));
    a.node->count--;
    return 1;
}
