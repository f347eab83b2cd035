/* SPDX-License-Identifier: MIT */
/* Opcodes of pickle that make and fill containers. */
#include "codec/pickle/read/reader.h"

#include "base/plural.h"

/* ---- Lists ---- */

/* Says why the value room refused; `why` is its error. */
static int refused(og__reader *r, int status, const og_error *why)
{
    if (status == OG_ENOMEM) return og__pickle_reader_nomem(r);
    return og__pickle_reader_fail(r, (og_status)status, "%s", why->text);
}

static int odd(og__reader *r, size_t count)
{
    return og__pickle_reader_fail(r, OG_ESYNTAX,
                                  "expected keys and values above the mark but found %zu item%s", count,
                                  og__base_plural(count));
}

int og__pickle_op_EMPTY_LIST(og__reader *r)
{
    return og__pickle_push_new(r, og__pickle_placed_node(r->doc, OG_LIST));
}

int og__pickle_push_list(og__reader *r, const og_value *items, size_t count)
{
    og_value list = og__value_list_from(r->doc, items, count);
    if (!og_valid(list)) return og__pickle_reader_nomem(r);
    int status = og__pickle_raise(r, list, og__pickle_height_of_items(items, count));
    return status < 0 ? status : og__pickle_push(r, list);
}

int og__pickle_op_LIST(og__reader *r)
{
    og_value *items;
    size_t count;
    int status = og__pickle_pop_mark(r, &items, &count);
    return status < 0 ? status : og__pickle_push_list(r, items, count);
}

/* Appends to whatever can be appended to. */
static int append_to(og__reader *r, og_value to, const og_value *items, size_t count)
{
    og_error why = {.code = OG_ENOMEM};
    if (og_kind_of(to) == OG_LIST) {
        int done = og__value_list_extend(r->doc, to, items, count, &why);
        return done < 0 ? refused(r, done, &why)
                        : og__pickle_raise(r, to, og__pickle_height_of_items(items, count));
    }
    if (og_kind_of(to) != OG_OBJECT) {
        return og__pickle_reader_fail(r, OG_ETYPE, "expected a list below the items but found %s",
                                      og_kind_name(og_kind_of(to)));
    }
    int status = og__pickle_raise(r, to, og__pickle_height_of_items(items, count) + 1);
    for (size_t i = 0; i < count && status >= 0; i++) {
        og__pickle_unplace(items[i]);
        status = og_object_append(r->doc, to, items[i], &why);
        if (status < 0) refused(r, status, &why);
    }
    return status;
}

int og__pickle_op_APPEND(og__reader *r)
{
    if (og__pickle_stack_above(r) < 1) return og__pickle_reader_underflow(r, "a list and an item");
    if (og__pickle_stack_above(r) < 2) return og__pickle_reader_underflow(r, "a list below the item");
    r->top--;
    og__pickle_fill_noted(r, r->top - 1);
    return append_to(r, r->top[-1], r->top, 1);
}

int og__pickle_op_APPENDS(og__reader *r)
{
    og_value *items;
    size_t count;
    int status = og__pickle_pop_mark(r, &items, &count);
    if (status < 0) return status;
    if (og__pickle_stack_above(r) < 1) return og__pickle_reader_underflow(r, "a list below the mark");
    if (count == 0) return OG_OK; /* CPython takes any kind of value then */
    og__pickle_fill_noted(r, r->top - 1);
    return append_to(r, r->top[-1], items, count);
}

/* ---- Tuples ---- */

int og__pickle_push_tuple(og__reader *r, const og_value *items, size_t count)
{
    og_value tuple = og__value_tuple_from(r->doc, items, count);
    if (!og_valid(tuple)) return og__pickle_reader_nomem(r);
    int status = og__pickle_raise(r, tuple, og__pickle_height_of_items(items, count));
    return status < 0 ? status : og__pickle_push(r, tuple);
}

int og__pickle_op_EMPTY_TUPLE(og__reader *r)
{
    return og__pickle_push_tuple(r, NULL, 0);
}

int og__pickle_op_TUPLE(og__reader *r)
{
    og_value *items;
    size_t count;
    int status = og__pickle_pop_mark(r, &items, &count);
    return status < 0 ? status : og__pickle_push_tuple(r, items, count);
}

static int tuple_of(og__reader *r, size_t count)
{
    if (og__pickle_stack_above(r) < count)
        return og__pickle_reader_underflow(r, "as many values as the tuple takes");
    r->top -= count;
    return og__pickle_push_tuple(r, r->top, count);
}

int og__pickle_op_TUPLE1(og__reader *r)
{
    return tuple_of(r, 1);
}

int og__pickle_op_TUPLE2(og__reader *r)
{
    return tuple_of(r, 2);
}

int og__pickle_op_TUPLE3(og__reader *r)
{
    return tuple_of(r, 3);
}

/* ---- Dicts ---- */

static int dict_extend(og__reader *r, og_value dict, const og_value *items, size_t count)
{
    og_error why = {.code = OG_ENOMEM};
    int status = og__value_dict_extend(r->doc, dict, items, count / 2, &why);
    return status < 0 ? refused(r, status, &why)
                      : og__pickle_raise(r, dict, og__pickle_height_of_items(items, count));
}

int og__pickle_op_EMPTY_DICT(og__reader *r)
{
    return og__pickle_push_new(r, og__pickle_placed_node(r->doc, OG_DICT));
}

int og__pickle_op_DICT(og__reader *r)
{
    og_value *items;
    size_t count;
    int status = og__pickle_pop_mark(r, &items, &count);
    if (status < 0) return status;
    if (count % 2) return odd(r, count);
    og_value dict = og__pickle_placed_node(r->doc, OG_DICT);
    if (!og_valid(dict)) return og__pickle_reader_nomem(r);
    status = dict_extend(r, dict, items, count);
    return status < 0 ? status : og__pickle_push(r, dict);
}

static int set_in(og__reader *r, og_value to, const og_value *items, size_t count)
{
    if (og_kind_of(to) == OG_DICT) return dict_extend(r, to, items, count);
    if (og_kind_of(to) != OG_OBJECT) {
        return og__pickle_reader_fail(r, OG_ETYPE, "expected a dict below the keys but found %s",
                                      og_kind_name(og_kind_of(to)));
    }
    og_error why = {.code = OG_ENOMEM};
    int status = og__pickle_raise(r, to, og__pickle_height_of_items(items, count) + 1);
    for (size_t i = 0; i < count && status >= 0; i += 2) {
        og__pickle_unplace(items[i]);
        og__pickle_unplace(items[i + 1]);
        status = og_object_set_item(r->doc, to, items[i], items[i + 1], &why);
        if (status < 0) refused(r, status, &why);
    }
    return status;
}

int og__pickle_op_SETITEM(og__reader *r)
{
    if (og__pickle_stack_above(r) < 3) return og__pickle_reader_underflow(r, "a dict, a key and a value");
    r->top -= 2;
    og__pickle_fill_noted(r, r->top - 1);
    return set_in(r, r->top[-1], r->top, 2);
}

int og__pickle_op_SETITEMS(og__reader *r)
{
    og_value *items;
    size_t count;
    int status = og__pickle_pop_mark(r, &items, &count);
    if (status < 0) return status;
    if (og__pickle_stack_above(r) < 1) return og__pickle_reader_underflow(r, "a dict below the mark");
    if (count % 2) return odd(r, count);
    if (count == 0) return OG_OK;
    og__pickle_fill_noted(r, r->top - 1);
    return set_in(r, r->top[-1], items, count);
}

/* ---- Sets ---- */

int og__pickle_op_EMPTY_SET(og__reader *r)
{
    return og__pickle_push_new(r, og__pickle_placed_node(r->doc, OG_SET));
}

static int set_extend(og__reader *r, og_value set, const og_value *items, size_t count)
{
    og_error why = {.code = OG_ENOMEM};
    int status = og__value_set_extend(r->doc, set, items, count, &why);
    return status < 0 ? refused(r, status, &why)
                      : og__pickle_raise(r, set, og__pickle_height_of_items(items, count));
}

int og__pickle_op_ADDITEMS(og__reader *r)
{
    og_value *items;
    size_t count;
    int status = og__pickle_pop_mark(r, &items, &count);
    if (status < 0) return status;
    if (og__pickle_stack_above(r) < 1) return og__pickle_reader_underflow(r, "a set below the mark");
    if (count == 0) return OG_OK;
    og_value set = r->top[-1];
    og__pickle_fill_noted(r, r->top - 1);
    if (og_kind_of(set) == OG_SET) return set_extend(r, set, items, count);
    return og__pickle_reader_fail(r, OG_ETYPE, "expected a set below the mark but found %s",
                                  og_kind_name(og_kind_of(set)));
}

int og__pickle_push_set(og__reader *r, og_kind kind, const og_value *items, size_t count)
{
    og_error why = {.code = OG_ENOMEM};
    og_value set = og__value_set_from(r->doc, kind, items, count, &why);
    if (!og_valid(set)) return refused(r, why.code, &why);
    og__value_node_of(set)->flags |= OG__N_PLACED;
    int status = og__pickle_raise(r, set, og__pickle_height_of_items(items, count));
    return status < 0 ? status : og__pickle_push(r, set);
}

int og__pickle_op_FROZENSET(og__reader *r)
{
    og_value *items;
    size_t count;
    int status = og__pickle_pop_mark(r, &items, &count);
    return status < 0 ? status : og__pickle_push_set(r, OG_FROZENSET, items, count);
}
