/* SPDX-License-Identifier: MIT */
/* Reads Python literals, as ast.literal_eval() does: what og_repr() writes of plain data. */
#include "codec/text/literal.h"
#include "base/alloc.h"
#include "base/options.h"

/* A bracket that is open. */
typedef struct level {
    char bracket; /* ( [ { or F for frozenset( */
    bool pairs;   /* { that holds key: value */
    bool comma;   /* an item and a comma have been read */
    size_t start; /* of its items on the document's stack */
    size_t position;
} level;

typedef struct reader {
    og__literal in;
    size_t count; /* values on the document's stack */
    size_t depth;
    size_t max_depth;
    level *levels;
    size_t room; /* levels that there is memory for */
} reader;

static int out_of_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory while reading a literal");
}

static int push(reader *r, og_value value)
{
    if (!og_valid(value) || og__value_doc_stack_reserve(r->in.doc, r->count + 1) < 0)
        return out_of_memory(r->in.err);
    r->in.doc->stack[r->count++] = value;
    return OG_OK;
}

/* Memory for one more level. */
static bool make_room(reader *r)
{
    if (r->depth < r->room) return true;
    size_t room = r->room ? r->room * 2 : 16;
    level *levels =
        og__base_realloc(&r->in.doc->alloc, r->levels, r->room * sizeof *levels, room * sizeof *levels);
    if (!levels) return false;
    r->levels = levels;
    r->room = room;
    return true;
}

static int open_bracket(reader *r, char bracket, size_t len)
{
    if (r->depth == r->max_depth)
        return og_error_set(r->in.err, OG_ELIMIT, r->in.at,
                            "nested deeper than %zu; raise max_depth to read it", r->max_depth);
    if (!make_room(r)) return out_of_memory(r->in.err);
    r->levels[r->depth++] = (level){bracket, false, false, r->count, r->in.at};
    r->in.at += len;
    return OG_OK;
}

static int make_set(reader *r, const level *top, og_value *made)
{
    og_value *items = r->in.doc->stack + top->start;
    *made = og_set(r->in.doc);
    for (size_t i = 0; i < r->count - top->start; i++) {
        int status = og_set_add(r->in.doc, *made, items[i], r->in.err);
        if (status < 0) return status;
    }
    return OG_OK;
}

static int make_frozenset(reader *r, const level *top, og_value *made)
{
    og_value inner = r->in.doc->stack[top->start];
    og_kind kind = og_kind_of(inner);
    if (kind != OG_SET && kind != OG_LIST && kind != OG_TUPLE)
        return og_error_set(r->in.err, OG_ESYNTAX, top->position,
                            "expected a set within frozenset() but found %s", og_kind_name(kind));
    *made = og_frozenset(r->in.doc, og__value_node_of(inner)->items, og_len(inner), r->in.err);
    return og_valid(*made) ? OG_OK : OG_ETYPE;
}

/* Makes the value of the bracket that closes; `(x)` is x itself. */
static int make(reader *r, const level *top, og_value *made)
{
    og_doc *doc = r->in.doc;
    og_value *items = doc->stack + top->start;
    size_t count = r->count - top->start;
    switch (top->bracket) {
    case '[': *made = og__value_list_from(doc, items, count); return OG_OK;
    case '(':
        *made = count == 1 && !top->comma ? items[0] : og__value_tuple_from(doc, items, count);
        return OG_OK;
    case 'F': return make_frozenset(r, top, made);
    default: break;
    }
    if (count && !top->pairs) return make_set(r, top, made);
    size_t bad = 0;
    og_error why = {OG_ENOMEM, 0, OG_NO_POSITION, "out of memory while reading a literal"};
    *made = og__value_dict_from(doc, items, count / 2, OG__DUPLICATE_LAST, &bad, &why);
    return og_valid(*made) ? OG_OK : og_error_set(r->in.err, why.code, top->position, "%s", why.text);
}

static int close_bracket(reader *r)
{
    level *top = &r->levels[r->depth - 1];
    og_value made = {0};
    int status = make(r, top, &made);
    if (status < 0) return status;
    r->in.at++;
    r->count = top->start;
    r->depth--;
    return push(r, made);
}

static char closing(char bracket)
{
    return bracket == '[' ? ']' : bracket == '{' ? '}' : ')';
}

/* True when the bracket may close now; a dict needs whole pairs and frozenset( one value. */
static bool may_close(const reader *r, const level *top)
{
    size_t count = r->count - top->start;
    if (top->bracket == 'F') return count == 1;
    return !top->pairs || count % 2 == 0;
}

/* A value is due: reads a scalar or opens a bracket. */
static int read_item(reader *r)
{
    og__literal *in = &r->in;
    char c = in->at < in->len ? in->text[in->at] : '\0';
    if (c == '[' || c == '(' || c == '{') return open_bracket(r, c, 1);
    if (og__text_literal_word(in, "frozenset(") && !og__text_literal_word(in, "frozenset()"))
        return open_bracket(r, 'F', strlen("frozenset("));
    og_value value = {0};
    int status = og__text_literal_scalar(in, &value);
    return status < 0 ? status : push(r, value);
}

/* What may follow a value within a bracket: a comma, a colon, or its end. */
static int after_item(reader *r)
{
    og__literal *in = &r->in;
    level *top = &r->levels[r->depth - 1];
    size_t count = r->count - top->start;
    char c = in->at < in->len ? in->text[in->at] : '\0';
    if (c == ':' && top->bracket == '{' && count % 2 == 1 && (count == 1 || top->pairs)) {
        top->pairs = true;
        top->comma = false;
        in->at++;
        return OG_OK;
    }
    if (c == ',' && top->bracket != 'F' && may_close(r, top)) {
        top->comma = true;
        in->at++;
        return OG_OK;
    }
    if (in->at == in->len)
        return og_error_set(in->err, OG_ETRUNCATED, in->at, "the text ends within '%c' opened at byte %zu",
                            top->bracket == 'F' ? '(' : top->bracket, top->position);
    return og__text_literal_refuse(in, closing(top->bracket) == ']'   ? "',' or ']'"
                                       : closing(top->bracket) == '}' ? "',' or '}'"
                                                                      : "',' or ')'");
}

static int read_all(reader *r)
{
    og__literal *in = &r->in;
    bool due = true; /* a value must or may come next */
    for (;;) {
        og__text_literal_space(in);
        level *top = r->depth ? &r->levels[r->depth - 1] : NULL;
        int status;
        if (top && in->at < in->len && in->text[in->at] == closing(top->bracket) && may_close(r, top) &&
            (!due || top->comma || r->count == top->start)) {
            status = close_bracket(r);
            due = false;
        } else if (due) {
            size_t depth = r->depth;
            status = read_item(r);
            due = r->depth > depth;
        } else if (top) {
            status = after_item(r);
            due = true;
        } else {
            return OG_OK;
        }
        if (status < 0) return status;
    }
}

/* Reads all of the text; the value is on the document's stack then. */
static int read_text(reader *r)
{
    int status = read_all(r);
    if (status < 0 || r->in.at == r->in.len) return status;
    og__text_literal_refuse(&r->in, "the end after the value");
    if (r->in.err) r->in.err->code = OG_ETRAILING;
    return OG_ETRAILING;
}

int og_literal_read(og_doc *doc, const char *text, size_t len, const og_repr_options *options, og_error *err)
{
    og_repr_options o;
    og_doc_reset(doc);
    if (og__base_options_take(&o, sizeof o, options, err) < 0) return OG_EINVAL;
    /* With room for one value there is a stack to point into, even for an empty bracket. */
    if (og__value_doc_stack_reserve(doc, 1) < 0) return out_of_memory(err);
    reader r = {.in = {doc, text, len, 0, o.max_digits ? o.max_digits : OG_MAX_DIGITS_DEFAULT, err},
                .max_depth = o.max_depth ? o.max_depth : OG_MAX_DEPTH_DEFAULT};
    int status = read_text(&r);
    if (status == OG_OK) {
        og_doc_set_root(doc, doc->stack[0]);
        og__value_doc_was_read(doc, len);
    }
    og__base_free(&doc->alloc, r.levels, r.room * sizeof *r.levels);
    return status;
}
