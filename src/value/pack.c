/* SPDX-License-Identifier: MIT */
/* Building a value from a format and arguments. */
#include "value/container.h"

/*
 * What is open is on the document's stack: a mark per bracket (kind OG_INVALID, the closing bracket in meta,
 * the place of the mark before it in u.i), then the items that came so far.
 */
typedef struct packer {
    og_doc *doc;
    og_error *err;
    const char *format;
    size_t at;    /* in the format */
    size_t count; /* values on the stack */
    size_t mark;  /* place of the innermost mark + 1; 0: nothing is open */
} packer;

static int fail(const packer *p, og_status code, const char *what)
{
    return og_error_set(p->err, code, p->at, "%s", what);
}

static int push(packer *p, og_value v)
{
    if (!og_valid(v)) return og__value_refuse_invalid(p->err, v);
    if (og__value_doc_stack_reserve(p->doc, p->count + 1) < 0)
        return fail(p, OG_ENOMEM, "no memory for the open items");
    p->doc->stack[p->count++] = v;
    return OG_OK;
}

static int open_bracket(packer *p, char closing)
{
    if (og__value_doc_stack_reserve(p->doc, p->count + 1) < 0)
        return fail(p, OG_ENOMEM, "no memory for the open items");
    og_value mark = og__value_make_int((int64_t)p->mark);
    mark.meta = (uint64_t)(uint8_t)closing << OG__META_LEN_SHIFT;
    p->doc->stack[p->count++] = mark;
    p->mark = p->count;
    return OG_OK;
}

static og_value close_items(packer *p, char closing, const og_value *items, size_t count)
{
    size_t bad;
    switch (closing) {
    case ']': return og__value_list_from(p->doc, items, count);
    case ')': return og__value_tuple_from(p->doc, items, count);
    case '>': return og__value_set_from(p->doc, OG_SET, items, count, p->err);
    default: return og__value_dict_from(p->doc, items, count / 2, OG__DUPLICATE_LAST, &bad, p->err);
    }
}

/* Dicts and sets have said why. */
static int fail_close(const packer *p, char closing)
{
    if (closing == ']' || closing == ')') return fail(p, OG_ENOMEM, "no memory for a container");
    p->err->position = p->at;
    return p->err->code;
}

static int close_bracket(packer *p, char closing)
{
    if (p->mark == 0) return fail(p, OG_EINVAL, "a closing bracket without an opening one");
    og_value mark = p->doc->stack[p->mark - 1];
    char want = (char)og__value_len(mark);
    if (want != closing)
        return og_error_set(p->err, OG_EINVAL, p->at, "expected '%c' to close the bracket, found '%c'", want,
                            closing);
    size_t count = p->count - p->mark;
    if (closing == '}' && count % 2) return fail(p, OG_EINVAL, "a key without a value; a dict takes pairs");
    og_value v = close_items(p, closing, p->doc->stack + p->mark, count);
    if (!og_valid(v)) return fail_close(p, closing);
    p->count = p->mark - 1;
    p->mark = (size_t)mark.u.i;
    /* The outermost one is in nothing yet. */
    if (p->mark == 0) og__value_node_of(v)->flags &= (uint8_t)~OG__N_PLACED;
    return push(p, v);
}

static int pack_str(packer *p, const char *text, size_t len)
{
    if (!text) return fail(p, OG_EINVAL, "'s' was given a null pointer");
    if (!og_valid(og_str_borrow(text, len)))
        return fail(p, OG_EVALUE, "'s' was given a text that is not UTF-8");
    return push(p, og_strn(p->doc, text, len));
}

/* A struct, so that the list can be handed to functions by address on every machine. */
typedef struct arguments {
    va_list list;
} arguments;

static int pack_text(packer *p, char c, bool sized, arguments *args)
{
    const char *data = va_arg(args->list, const char *);
    size_t len = sized ? va_arg(args->list, size_t) : data ? strlen(data) : 0;
    if (sized && !data && len == 0) data = "";
    if (c == 's') return pack_str(p, data, len);
    if (!data) return fail(p, OG_EINVAL, "'y#' was given a null pointer");
    return push(p, og_bytes(p->doc, data, len));
}

static int pack_value(packer *p, og_value v)
{
    int status = push(p, v);
    if (status == OG_OK && p->mark) og__value_place(v);
    return status;
}

static int pack_one(packer *p, arguments *args)
{
    char c = p->format[p->at];
    bool sized = (c == 's' || c == 'y') && p->format[p->at + 1] == '#';
    if (c == 'y' && !sized) return fail(p, OG_EINVAL, "'y' needs '#' after it");
    switch (c) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
    case ',':
    case ':': return OG_OK;
    case 'n': return push(p, og_none());
    case 'b': return push(p, og_bool(va_arg(args->list, int) != 0));
    case 'i': return push(p, og_int(va_arg(args->list, int)));
    case 'I': return push(p, og_int(va_arg(args->list, int64_t)));
    case 'U': return push(p, og_uint(p->doc, va_arg(args->list, uint64_t)));
    case 'f': return push(p, og_float(va_arg(args->list, double)));
    case 's':
    case 'y': {
        int status = pack_text(p, c, sized, args);
        p->at += sized;
        return status;
    }
    case 'v': return pack_value(p, va_arg(args->list, og_value));
    case '[': return open_bracket(p, ']');
    case '(': return open_bracket(p, ')');
    case '{': return open_bracket(p, '}');
    case '<': return open_bracket(p, '>');
    case ']':
    case ')':
    case '}':
    case '>': return close_bracket(p, c);
    default:
        return og_error_set(p->err, OG_EINVAL, p->at,
                            "unknown format character '%c'; known are n b i I U f s s# y# v and brackets", c);
    }
}

static og_value finish(packer *p)
{
    if (p->mark) {
        fail(p, OG_EINVAL, "the format ends inside a bracket");
        return (og_value){0};
    }
    if (p->count != 1) {
        fail(p, OG_EINVAL, p->count ? "more than one value; put them into brackets" : "the format is empty");
        return (og_value){0};
    }
    return p->doc->stack[0];
}

og_value og_vpack(og_doc *doc, og_error *err, const char *format, va_list args)
{
    packer p = {.doc = doc, .err = err, .format = format};
    og_error ignored;
    if (!err) p.err = &ignored;
    arguments copy;
    va_copy(copy.list, args);
    int status = OG_OK;
    for (; status == OG_OK && format[p.at]; p.at++)
        status = pack_one(&p, &copy);
    va_end(copy.list);
    return status == OG_OK ? finish(&p) : (og_value){0};
}

og_value og_pack(og_doc *doc, og_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    og_value v = og_vpack(doc, err, format, args);
    va_end(args);
    return v;
}
