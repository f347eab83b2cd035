/* SPDX-License-Identifier: MIT */
/*
 * From the raw tree that the reader left to the values that its tags mean.
 *
 * First the numbers of "py/def" and "py/ref" are checked in the order of the text. Then values are made from
 * the top down: the node of a container exists before what is in it, so that it can hold itself. What a set
 * or dict hashes must be whole by then; the one way from a hashable value to something that holds it leads
 * through an object, so the parts of objects wait until all else around them is done. A "py/ref" to what
 * waits yet makes it at once.
 */
#include "base/alloc.h"
#include "codec/json/tags.h"

typedef enum frame_kind {
    MAKE_LIST,
    MAKE_TUPLE,
    MAKE_SET,
    MAKE_FROZENSET,
    MAKE_DICT,
    MAKE_OBJECT
} frame_kind;

/* A container whose items are being made; those that are made are on the document's stack from `base` on. */
typedef struct frame {
    const og_value *next;
    const og_value *last;
    const og__json_raw *raw;
    og_value made;
    size_t base;
    size_t number; /* of its "py/def", 0: none */
    frame_kind kind;
} frame;

/* What a number stands for. */
typedef struct definition {
    og_value raw;
    og_value value; /* OG_INVALID until its node is there */
    bool open;      /* not all of it is made yet */
} definition;

/* An object whose parts wait. */
typedef struct job {
    og_value object;
    const og__json_raw *raw;
} job;

typedef struct maker {
    og__json_reader *r;
    frame *frames;
    size_t depth;
    size_t frame_room;
    definition *defs;
    size_t def_count;
    size_t def_room;
    job *jobs;
    size_t job_count;
    size_t job_room;
    size_t top; /* values in use on the document's stack */
    bool late;  /* "py/late" is around what is made next */
} maker;

static int no_memory(maker *m)
{
    og__json_no_memory(m->r);
    return m->r->status;
}

/* Room for one more in an array; `array` points to the pointer. */
static void *grow(maker *m, void *array, size_t *room, size_t item)
{
    size_t more = *room ? *room + *room / 2 : 16;
    void *grown = og__base_realloc(&m->r->doc->alloc, array, *room * item, more * item);
    if (grown) *room = more;
    return grown;
}

static int push_value(maker *m, og_value value)
{
    og_doc *doc = m->r->doc;
    if (m->top == doc->stack_cap && og__value_doc_stack_reserve(doc, m->top + 1) < 0) return no_memory(m);
    doc->stack[m->top++] = value;
    return OG_OK;
}

static int push_frame(maker *m, frame f)
{
    if (m->depth == m->frame_room) {
        frame *frames = grow(m, m->frames, &m->frame_room, sizeof *frames);
        if (!frames) return no_memory(m);
        m->frames = frames;
    }
    f.base = m->top;
    m->frames[m->depth++] = f;
    return OG_OK;
}

/* ---- Numbers ---- */

static int define(maker *m, const og__json_raw *raw)
{
    const og__json_raw *list = og_kind_of(raw->items[1]) == OG_LIST ? og__json_raw_of(raw->items[1]) : NULL;
    size_t n;
    if (!list || list->count != 2)
        return og__json_refuse_tag(m->r, raw, "expected [number, value] in \"py/def\"");
    int status = og__json_tag_number(m->r, raw, list->items[0], &n);
    if (status < 0) return status;
    if (n != m->def_count + 1)
        return og__json_refuse_tag(m->r, raw, "the numbers of \"py/def\" must count up from 1");
    if (m->def_count == m->def_room) {
        definition *defs = grow(m, m->defs, &m->def_room, sizeof *defs);
        if (!defs) return no_memory(m);
        m->defs = defs;
    }
    m->defs[m->def_count++] = (definition){.raw = list->items[1]};
    return OG_OK;
}

static int check_number(maker *m, og_value value)
{
    og__json_tag tag;
    const og__json_raw *raw = og__json_raw_of(value);
    int status = og__json_find_tag(m->r, raw, &tag);
    if (status < 0) return status;
    if (tag == OG__TAG_DEF) return define(m, raw);
    if (tag != OG__TAG_REF) return OG_OK;
    size_t n;
    status = og__json_tag_number(m->r, raw, raw->items[1], &n);
    if (status == OG_OK && n > m->def_count)
        status =
            og__json_refuse_tag(m->r, raw, "\"py/ref\" names a number that no \"py/def\" before it gave");
    return status;
}

/* Walks the raw tree in the order of the text. */
static int check_numbers(maker *m, og_value root)
{
    int status = push_frame(m, (frame){.next = &root, .last = &root + 1});
    while (status == OG_OK && m->depth > 0) {
        frame *f = &m->frames[m->depth - 1];
        if (f->next == f->last) {
            m->depth--;
            continue;
        }
        og_value value = *f->next++;
        if (!og__json_is_raw(value)) continue;
        if (og_kind_of(value) == OG_DICT) status = check_number(m, value);
        const og__json_raw *raw = og__json_raw_of(value);
        if (status == OG_OK)
            status = push_frame(m, (frame){.next = raw->items, .last = raw->items + raw->count});
    }
    return status;
}

/* ---- Making ---- */

/* Notes that definition `number` (0: none) has its node now. */
static void note_node(maker *m, size_t number, og_value value, bool open)
{
    if (!number) return;
    m->defs[number - 1].value = value;
    m->defs[number - 1].open = open;
}

/* The flags of a node that is made now. */
static uint8_t take_flags(maker *m)
{
    uint8_t flags = OG__N_PLACED;
    if (m->late) flags |= OG__N_SHARED | OG__N_LATE;
    m->late = false;
    return flags;
}

static int open_container(maker *m, frame_kind kind, const og__json_raw *raw, size_t number)
{
    static const og_kind kinds[] = {OG_LIST, OG_TUPLE, OG_SET, OG_FROZENSET, OG_DICT};
    og_value made = og__value_node_new(m->r->doc, kinds[kind]);
    if (!og_valid(made)) return no_memory(m);
    og__value_node_of(made)->flags |= take_flags(m);
    note_node(m, number, made, true);
    return push_frame(m, (frame){.next = raw->items,
                                 .last = raw->items + raw->count,
                                 .raw = raw,
                                 .made = made,
                                 .number = number,
                                 .kind = kind});
}

static int open_tagged(maker *m, frame_kind kind, const og__json_raw *raw, size_t number)
{
    if (og_kind_of(raw->items[1]) != OG_LIST)
        return og__json_refuse_tag(m->r, raw, "expected an array after this tag");
    return open_container(m, kind, og__json_raw_of(raw->items[1]), number);
}

/* "py/dict": the pairs, each an array of its own, are laid out one after the other in place. */
static int open_pairs(maker *m, const og__json_raw *raw, size_t number)
{
    const og__json_raw *list = og_kind_of(raw->items[1]) == OG_LIST ? og__json_raw_of(raw->items[1]) : NULL;
    if (!list) return og__json_refuse_tag(m->r, raw, "expected an array of [key, value] after this tag");
    og__json_raw *flat = og__json_flatten_pairs(m->r, list);
    if (!flat) return m->r->status;
    return open_container(m, MAKE_DICT, flat, number);
}

static int open_object(maker *m, const og__json_raw *raw, size_t number)
{
    og_make make;
    if (og__json_object_make(m->r, raw, &make) < 0) return m->r->status;
    og_value made = og_object(m->r->doc, make, (og_value){0}, (og_value){0});
    if (!og_valid(made)) return no_memory(m);
    og__value_node_of(made)->flags |= take_flags(m);
    note_node(m, number, made, false);
    if (m->job_count == m->job_room) {
        job *jobs = grow(m, m->jobs, &m->job_room, sizeof *jobs);
        if (!jobs) return no_memory(m);
        m->jobs = jobs;
    }
    m->jobs[m->job_count++] = (job){made, raw};
    return push_value(m, made);
}

/*
 * A tuple or frozenset that is not whole yet may be named only where nothing hashes it: in a list, or as the
 * value of a key, that is nearer than any set or key.
 */
static bool may_name_open(const maker *m)
{
    for (size_t i = m->depth; i-- > 0;) {
        const frame *f = &m->frames[i];
        size_t done = (size_t)(f->next - f->raw->items);
        if (f->kind == MAKE_LIST || f->kind == MAKE_OBJECT) return true;
        if (f->kind == MAKE_DICT) return done % 2 == 0; /* the value was taken, not the key */
        if (f->kind != MAKE_TUPLE) return false;
    }
    return false;
}

/* "py/def" and "py/ref": pushes what the number stands for (1), or tells what must be made for it (0). */
static int find_numbered(maker *m, const og__json_raw *raw, og__json_tag tag, og_value *todo,
                         size_t *todo_number)
{
    og_value number = tag == OG__TAG_REF ? raw->items[1] : og__json_raw_of(raw->items[1])->items[0];
    size_t n;
    int status = og__json_tag_number(m->r, raw, number, &n);
    if (status < 0) return status;
    definition *d = &m->defs[n - 1];
    /* check_numbers() has seen that there is one. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    if (!og_valid(d->value)) {
        *todo = d->raw;
        *todo_number = n;
        return 0;
    }
    bool hashable = og_kind_of(d->value) == OG_TUPLE || og_kind_of(d->value) == OG_FROZENSET;
    if (d->open && hashable && !may_name_open(m))
        return og__json_refuse_tag(m->r, raw, "a tuple or frozenset cannot be part of itself");
    og__value_mark_shared(d->value);
    status = push_value(m, d->value);
    return status < 0 ? status : 1;
}

static int refuse_late(maker *m, const og__json_raw *raw)
{
    return og__json_refuse_tag(m->r, raw, "expected a list, dict, set or object in \"py/late\"");
}

static int make_tagged(maker *m, const og__json_raw *raw, og__json_tag tag, size_t number)
{
    og_value value;
    int status;
    if (m->late && (tag == OG__TAG_TUPLE || tag == OG__TAG_FROZENSET)) return refuse_late(m, raw);
    switch (tag) {
    case OG__TAG_TUPLE: return open_tagged(m, MAKE_TUPLE, raw, number);
    case OG__TAG_SET: return open_tagged(m, MAKE_SET, raw, number);
    case OG__TAG_FROZENSET: return open_tagged(m, MAKE_FROZENSET, raw, number);
    case OG__TAG_DICT: return open_pairs(m, raw, number);
    case OG__TAG_OBJECT:
    case OG__TAG_CALLABLE:
    case OG__TAG_MAKE: return open_object(m, raw, number);
    default: break;
    }
    if (m->late) return refuse_late(m, raw);
    status = og__json_tag_value(m->r, tag, raw, &value);
    if (status < 0) return status;
    if (og__value_has_node(value)) og__value_node_of(value)->flags |= OG__N_PLACED;
    note_node(m, number, value, false);
    return push_value(m, value);
}

/* Any raw value; `number` is that of the "py/def" around it. */
static int make_value(maker *m, og_value raw, size_t number)
{
    for (;;) {
        og__json_tag tag;
        if (!og__json_is_raw(raw)) {
            note_node(m, number, raw, false);
            return push_value(m, raw);
        }
        const og__json_raw *node = og__json_raw_of(raw);
        if (og_kind_of(raw) == OG_LIST) return open_container(m, MAKE_LIST, node, number);
        int status = og__json_find_tag(m->r, node, &tag);
        if (status < 0) return status;
        if (tag == OG__TAG_NONE) return open_container(m, MAKE_DICT, node, number);
        bool refers = tag == OG__TAG_LATE || tag == OG__TAG_DEF || tag == OG__TAG_REF;
        if (refers && (m->late || (tag == OG__TAG_LATE && !og__json_is_raw(node->items[1]))))
            return refuse_late(m, node);
        if (tag == OG__TAG_LATE) {
            m->late = true;
            raw = node->items[1];
            continue;
        }
        if (tag != OG__TAG_DEF && tag != OG__TAG_REF) return make_tagged(m, node, tag, number);
        if (number) return og__json_refuse_tag(m->r, node, "a number for what has one already");
        status = find_numbered(m, node, tag, &raw, &number);
        if (status) return status < 0 ? status : OG_OK;
    }
}

/* ---- Closing ---- */

static int fill_run(maker *m, og_value made, const og_value *items, size_t count)
{
    og__node *node = og__value_node_of(made);
    if (count == 0) return OG_OK;
    if (count > UINT32_MAX) return no_memory(m);
    node->items = og__value_doc_alloc(m->r->doc, count * sizeof *items, _Alignof(og_value));
    if (!node->items) return no_memory(m);
    memcpy(node->items, items, count * sizeof *items);
    node->count = (uint32_t)count;
    node->flags |= OG__N_EXACT;
    return OG_OK;
}

static int fill_container(maker *m, const frame *f, const og_value *items, size_t count)
{
    og_error why = {.code = OG_OK};
    int status;
    switch (f->kind) {
    case MAKE_LIST:
    case MAKE_TUPLE: return fill_run(m, f->made, items, count);
    case MAKE_DICT: status = og__value_dict_extend(m->r->doc, f->made, items, count / 2, &why); break;
    default: status = og__value_set_extend(m->r->doc, f->made, items, count, &why); break;
    }
    if (status == OG_ENOMEM) return no_memory(m);
    bool twice = f->kind == MAKE_DICT && og_len(f->made) < count / 2;
    if (status == OG_OK && twice && m->r->duplicate == OG__DUPLICATE_REFUSE)
        status = og_error_set(&why, OG_EVALUE, 0, "a key occurs twice in one object");
    if (status == OG_OK) return OG_OK;
    m->r->status = og_error_set(m->r->err, (og_status)status, f->raw->position, "%s", why.text);
    return m->r->status;
}

static int close_frame(maker *m)
{
    frame f = m->frames[--m->depth];
    const og_value *items = m->r->doc->stack + f.base;
    size_t count = m->top - f.base;
    int status = f.kind == MAKE_OBJECT ? og__json_fill_object(m->r, f.raw, f.made, items)
                                       : fill_container(m, &f, items, count);
    if (status < 0) return status;
    m->top = f.base;
    note_node(m, f.number, f.made, false);
    return f.kind == MAKE_OBJECT ? OG_OK : push_value(m, f.made);
}

/* Makes all that is open. */
static int run(maker *m)
{
    int status = OG_OK;
    while (status == OG_OK && m->depth > 0) {
        frame *f = &m->frames[m->depth - 1];
        if (f->next == f->last)
            status = close_frame(m);
        else
            status = make_value(m, *f->next++, 0);
    }
    return status;
}

static int run_job(maker *m, job j)
{
    og__json_raw *parts = og__json_object_parts(m->r, j.raw);
    if (!parts) return m->r->status;
    frame f = {.next = parts->items,
               .last = parts->items + parts->count,
               .raw = parts,
               .made = j.object,
               .kind = MAKE_OBJECT};
    int status = push_frame(m, f);
    return status < 0 ? status : run(m);
}

static int make_all(maker *m, og_value raw, og_value *out)
{
    int status = make_value(m, raw, 0);
    if (status == OG_OK) status = run(m);
    if (status < 0) return status;
    *out = m->r->doc->stack[m->top - 1];
    for (size_t i = 0; status == OG_OK && i < m->job_count; i++)
        status = run_job(m, m->jobs[i]);
    return status;
}

int og__json_from_tags(og__json_reader *r, og_value raw, og_value *out)
{
    maker m = {.r = r, .top = 2}; /* places 0 and 1 of the stack are the reader's */
    int status = check_numbers(&m, raw);
    if (status == OG_OK) status = make_all(&m, raw, out);
    const og_allocator *alloc = &r->doc->alloc;
    og__base_free(alloc, m.frames, m.frame_room * sizeof *m.frames);
    og__base_free(alloc, m.defs, m.def_room * sizeof *m.defs);
    og__base_free(alloc, m.jobs, m.job_room * sizeof *m.jobs);
    return status;
}
