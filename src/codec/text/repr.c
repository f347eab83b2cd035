/* SPDX-License-Identifier: MIT */
/* Shows a value as Python's repr() does. */
#include "base/alloc.h"
#include "base/number.h"
#include "base/options.h"
#include "base/plural.h"
#include "base/utf8.h"
#include "codec/text/repr_known.h"
#include "value/doc.h"

#include <onggi/text.h>

/* A container that is being shown, and the number of its parts that are done. */
typedef struct level {
    og_value value;
    size_t done;
    og_value inner; /* of an object of a known type: what is shown for it, and the str in that */
    og_value after;
} level;

typedef struct shower {
    og_buf *out;
    og_error *err;
    og_repr_options o; /* with no option 0 but max_growth */
    size_t source;     /* if max_bytes follows from what the value was read from: how many bytes that was */
    og_doc *scratch;   /* of what known objects show as; NULL until there is one */
    size_t scratch_depth; /* levels below the outermost one that shows such a thing; SIZE_MAX: none is open */
    size_t depth;
    level *levels;
    size_t room; /* levels that there is memory for */
} shower;

static int out_of_room(shower *s, int status)
{
    if (status == OG_ELIMIT && s->source)
        return og_error_set(s->err, OG_ELIMIT, OG_NO_POSITION, OG__GROWTH_SENTENCE, s->o.max_bytes,
                            s->source);
    if (status == OG_ELIMIT)
        return og_error_set(s->err, OG_ELIMIT, OG_NO_POSITION,
                            "shown in full the value takes more than %zu byte%s; raise max_bytes",
                            s->o.max_bytes, og__base_plural(s->o.max_bytes));
    return og_error_set(s->err, OG_ENOMEM, OG_NO_POSITION, "out of memory while showing a value");
}

static int put(shower *s, const char *text)
{
    int status = og_buf_puts(s->out, text);
    return status < 0 ? out_of_room(s, status) : OG_OK;
}

static int put_bytes(shower *s, const void *bytes, size_t len)
{
    int status = og_buf_put(s->out, bytes, len);
    return status < 0 ? out_of_room(s, status) : OG_OK;
}

static int put_double(shower *s, double number)
{
    char text[OG__DOUBLE_SIZE];
    return put_bytes(s, text, og__base_double_write(number, text));
}

/* A double within a complex number: Python leaves ".0" out there. */
static int put_complex_part(shower *s, double number, bool sign)
{
    char text[OG__DOUBLE_SIZE];
    size_t len = og__base_double_write(number, text);
    if (len > 2 && memcmp(text + len - 2, ".0", 2) == 0) len -= 2;
    if (sign && text[0] != '-') {
        int status = put(s, "+");
        if (status < 0) return status;
    }
    return put_bytes(s, text, len);
}

static bool is_plus_zero(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits == 0;
}

static int put_complex(shower *s, og_value value)
{
    double real = 0;
    double imag = 0;
    og_as_complex(value, &real, &imag);
    bool both = !is_plus_zero(real);
    int status = OG_OK;
    if (both) {
        status = put(s, "(");
        if (status == OG_OK) status = put_complex_part(s, real, false);
    }
    if (status == OG_OK) status = put_complex_part(s, imag, both);
    return status < 0 ? status : put(s, both ? "j)" : "j");
}

/* The quote that Python chooses: ' unless the text has that one and not the other. */
static char choose_quote(const char *text, size_t len)
{
    return len && memchr(text, '\'', len) && !memchr(text, '"', len) ? '"' : '\'';
}

/* Writes the escape of `code`, or of a byte, to `escape`, which has room for 10; returns its length. */
static size_t make_escape(uint32_t code, char *escape)
{
    static const char digits[] = "0123456789abcdef";
    escape[0] = '\\';
    char letter = code == '\n' ? 'n' : code == '\r' ? 'r' : code == '\t' ? 't' : code == '\\' ? '\\' : '\0';
    if (letter || code == '\'' || code == '"') {
        escape[1] = letter ? letter : (char)code;
        return 2;
    }
    size_t width = code < 0x100 ? 2 : code < 0x10000 ? 4 : 8;
    escape[1] = width == 2 ? 'x' : width == 4 ? 'u' : 'U';
    for (size_t i = 0; i < width; i++)
        escape[2 + i] = digits[(code >> (4 * (width - 1 - i))) & 15];
    return 2 + width;
}

/* The text between quotes; `bytes`: every byte for itself, as in b'…'. */
static int put_quoted(shower *s, const char *text, size_t len, bool bytes)
{
    char quote = choose_quote(text, len);
    int status = put_bytes(s, &quote, 1);
    size_t start = 0; /* of what can go out as it is */
    for (size_t i = 0; i < len && status == OG_OK;) {
        uint32_t code = (uint8_t)text[i];
        size_t width = 1;
        if (!bytes && code >= 0x80) width = og__base_utf8_decode((const uint8_t *)text + i, len - i, &code);
        if (width == 0) width = 1;
        bool shown = bytes ? code >= 0x20 && code < 0x7f : og__base_printable(code);
        if (!shown || code == '\\' || code == (uint8_t)quote) {
            char escape[10];
            status = put_bytes(s, text + start, i - start);
            if (status == OG_OK) status = put_bytes(s, escape, make_escape(code, escape));
            start = i + width;
        }
        i += width;
    }
    if (status == OG_OK) status = put_bytes(s, text + start, len - start);
    return status < 0 ? status : put_bytes(s, &quote, 1);
}

static int put_data(shower *s, og_value value, const char *before, const char *after)
{
    size_t len;
    const char *data = og_data(value, &len);
    int status = put(s, before);
    if (status == OG_OK) status = put_quoted(s, data, len, og_kind_of(value) != OG_STR);
    return status < 0 ? status : put(s, after);
}

static int put_class_name(shower *s, og_value value)
{
    size_t len;
    const char *text = og_data(og_class_module(value), &len);
    int status = put_bytes(s, text, len);
    if (status == OG_OK && len) status = put(s, ".");
    if (status < 0) return status;
    text = og_data(og_class_qualname(value), &len);
    return put_bytes(s, text, len);
}

static int put_class(shower *s, og_value value)
{
    bool builtin = og_str_is(og_class_module(value), "builtins");
    size_t len;
    const char *name = og_data(og_class_qualname(value), &len);
    og__builtin_kind kind = builtin ? og__text_repr_builtin(value) : OG__BUILTIN_CLASS;
    if (kind == OG__BUILTIN_VALUE) return put_bytes(s, name, len);
    if (kind == OG__BUILTIN_FUNCTION) {
        int named = put(s, "<built-in function ");
        if (named == OG_OK) named = put_bytes(s, name, len);
        return named < 0 ? named : put(s, ">");
    }
    int status = put(s, "<class '");
    if (status == OG_OK) status = builtin ? put_bytes(s, name, len) : put_class_name(s, value);
    return status < 0 ? status : put(s, "'>");
}

static int put_scalar(shower *s, og_value value)
{
    bool truth = false;
    double number = 0;
    switch (og_kind_of(value)) {
    case OG_NONE: return put(s, "None");
    case OG_BOOL: og_as_bool(value, &truth); return put(s, truth ? "True" : "False");
    case OG_INT: return og_int_to_text(value, s->o.max_digits, s->out, s->err);
    case OG_FLOAT: og_as_double(value, &number); return put_double(s, number);
    case OG_COMPLEX: return put_complex(s, value);
    case OG_STR: return put_data(s, value, "", "");
    case OG_BYTES: return put_data(s, value, "b", "");
    case OG_BYTEARRAY: return put_data(s, value, "bytearray(b", ")");
    case OG_CLASS: return put_class(s, value);
    default: return og_error_set(s->err, OG_EINVAL, OG_NO_POSITION, "there is no value to show");
    }
}

/* How the containers look: before, after, when empty, and when found within themselves. */
static const struct look {
    const char *open, *close, *empty, *again;
} looks[] = {
    [OG_LIST] = {"[", "]", "[]", "[...]"},
    [OG_TUPLE] = {"(", ")", "()", "(...)"},
    [OG_DICT] = {"{", "}", "{}", "{...}"},
    [OG_SET] = {"{", "}", "set()", "set(...)"},
    [OG_FROZENSET] = {"frozenset({", "})", "frozenset()", "frozenset(...)"},
    [OG_OBJECT] = {"<", ">", "", "<...>"},
};

/* The value asked for may hold itself although it is in only one place; all others are marked then. */
static bool is_open(const shower *s, og_value value)
{
    if (s->depth && s->levels[0].value.u.p == value.u.p) return true;
    if (!og__value_is_shared(value)) return false;
    for (size_t i = 0; i < s->depth; i++)
        if (s->levels[i].value.u.p == value.u.p) return true;
    return false;
}

static int too_deep(shower *s)
{
    return og_error_set(s->err, OG_ELIMIT, OG_NO_POSITION,
                        "the value is nested deeper than %zu; raise max_depth to write it", s->o.max_depth);
}

/* Memory for one more level. Pointers to levels are void then. */
static bool make_room(shower *s)
{
    if (s->depth < s->room) return true;
    size_t room = s->room ? s->room * 2 : 16;
    level *levels =
        og__base_realloc(s->out->alloc, s->levels, s->room * sizeof *levels, room * sizeof *levels);
    if (!levels) return false;
    s->levels = levels;
    s->room = room;
    return true;
}

/* Memory for what a known object shows as. Earlier ones go when no level shows them any more. */
static og_doc *scratch_for(shower *s)
{
    if (!s->scratch) {
        s->scratch = og_doc_new(s->out->alloc);
    } else if (s->depth > s->scratch_depth) {
        return s->scratch;
    } else {
        og_doc_reset(s->scratch);
    }
    s->scratch_depth = SIZE_MAX;
    return s->scratch;
}

/* 1 when the object is of a known type and was shown, or opened; 0 when it must be shown as inert. */
static int open_known(shower *s, og_value object)
{
    og__known_repr known;
    og_doc *scratch = scratch_for(s);
    int status = scratch ? og__text_repr_known(scratch, object, &known) : OG_ENOMEM;
    if (status < 0) return out_of_room(s, status);
    if (status == 0) return 0;
    status = put_bytes(s, known.before.data, known.before.len);
    og_buf_free(&known.before);
    if (status < 0 || !og_valid(known.inner)) return status < 0 ? status : 1;
    if (s->scratch_depth == SIZE_MAX) s->scratch_depth = s->depth;
    s->levels[s->depth++] = (level){object, 0, known.inner, known.after};
    return 1;
}

static int open_container(shower *s, og_value value)
{
    const struct look *look = &looks[og_kind_of(value)];
    bool object = og_kind_of(value) == OG_OBJECT;
    if (is_open(s, value)) return put(s, look->again);
    if (s->depth == s->o.max_depth) return too_deep(s);
    if (!object && og_len(value) == 0) return put(s, look->empty);
    if (!make_room(s)) return out_of_room(s, OG_ENOMEM);
    int known = object ? open_known(s, value) : 0;
    if (known != 0) return known < 0 ? known : OG_OK;
    s->levels[s->depth++] = (level){.value = value};
    return put(s, look->open);
}

static int show(shower *s, og_value value)
{
    og_kind kind = og_kind_of(value);
    bool container = (kind >= OG_LIST && kind <= OG_FROZENSET) || kind == OG_OBJECT;
    return container ? open_container(s, value) : put_scalar(s, value);
}

/* The parts of an object in the order in which they are shown, with what is before them. */
static bool object_part(og_value object, size_t *at, og_value *part, const char **label)
{
    static const struct {
        const char *label;
        og_value (*get)(og_value);
    } parts[] = {
        {"", og_object_class},        {" args=", og_object_args},   {" kwargs=", og_object_kwargs},
        {" items=", og_object_items}, {" pairs=", og_object_pairs}, {" state=", og_object_state},
        {" then=", og_object_next},
    };
    while (*at < sizeof parts / sizeof parts[0]) {
        *label = parts[*at].label;
        *part = parts[(*at)++].get(object);
        if (og_valid(*part)) return true;
    }
    return false;
}

static int close_container(shower *s, og_value value)
{
    s->depth--;
    if (og_kind_of(value) == OG_TUPLE && og_len(value) == 1) return put(s, ",)");
    return put(s, looks[og_kind_of(value)].close);
}

static int step_known(shower *s, level *top)
{
    if (top->done++ == 0) return show(s, top->inner);
    s->depth--;
    size_t len;
    const char *after = og_data(top->after, &len);
    return put_bytes(s, after, len);
}

static int step_object(shower *s, level *top)
{
    if (og_valid(top->inner)) return step_known(s, top);
    og_value part;
    const char *label;
    if (!object_part(top->value, &top->done, &part, &label)) return close_container(s, top->value);
    int status = put(s, label);
    if (status < 0) return status;
    /* Its class is said by name alone: <datetime.date args=(…)>. */
    if (top->done == 1 && og_kind_of(part) == OG_CLASS) return put_class_name(s, part);
    return show(s, part);
}

static int step_pairs(shower *s, level *top)
{
    size_t index = top->done / 2;
    if (index == og_len(top->value)) return close_container(s, top->value);
    og_iter iter = {top->value, index};
    og_value key;
    og_value item;
    og_iter_next(&iter, &key, &item);
    bool is_key = top->done++ % 2 == 0;
    int status = !is_key ? put(s, ": ") : index ? put(s, ", ") : OG_OK;
    return status < 0 ? status : show(s, is_key ? key : item);
}

static int step_items(shower *s, level *top)
{
    if (top->done == og_len(top->value)) return close_container(s, top->value);
    og_iter iter = {top->value, top->done};
    og_value item;
    og_iter_next(&iter, NULL, &item);
    int status = top->done++ ? put(s, ", ") : OG_OK;
    return status < 0 ? status : show(s, item);
}

static int step(shower *s)
{
    level *top = &s->levels[s->depth - 1];
    switch (og_kind_of(top->value)) {
    case OG_OBJECT: return step_object(s, top);
    case OG_DICT: return step_pairs(s, top);
    default: return step_items(s, top);
    }
}

static int show_all(shower *s, og_value value)
{
    int status = show(s, value);
    while (status == OG_OK && s->depth > 0)
        status = step(s);
    return status;
}

/* Sets the limit of `out` for as long as the value is shown. */
static void set_limit(shower *s, og_value value)
{
    og_buf *out = s->out;
    size_t start = out->len;
    size_t most = s->o.max_bytes ? s->o.max_bytes : SIZE_MAX;
    size_t growth = og__value_most(value, s->o.max_growth);
    bool grows = growth < most;
    if (grows) most = growth;
    if (most < SIZE_MAX - start && (out->limit == 0 || start + most < out->limit)) {
        out->limit = start + most;
        s->o.max_bytes = most;
        if (grows) s->source = og__value_home(value)->source;
    } else {
        s->o.max_bytes = out->limit;
    }
}

int og_repr(og_value value, og_buf *out, const og_repr_options *options, og_error *err)
{
    shower s = {.out = out, .err = err, .scratch_depth = SIZE_MAX};
    int status = og__base_options_take(&s.o, sizeof s.o, options, err);
    if (status < 0) return status;
    size_t start = out->len;
    size_t limit = out->limit;
    if (!s.o.max_depth) s.o.max_depth = OG_MAX_DEPTH_DEFAULT;
    if (!s.o.max_digits) s.o.max_digits = OG_MAX_DIGITS_DEFAULT;
    set_limit(&s, value);
    status = show_all(&s, value);
    out->limit = limit;
    if (status < 0) out->len = start;
    og_doc_free(s.scratch);
    og__base_free(out->alloc, s.levels, s.room * sizeof *s.levels);
    return status;
}
