/* SPDX-License-Identifier: MIT */
/*
 * The JSON reader: one pass over the text, nothing recursive. Values wait on the document's stack until their
 * container closes. An open container has its frame there, below its items: a value whose kind says which
 * bracket it is, with the position of the bracket as its length and the place of the next outer frame as its
 * number.
 */
#include "base/options.h"
#include "codec/json/reader.h"
#include "codec/json/text16.h"

enum { PADDING = 64, DEPTH_DEFAULT = 1000, DIGITS_DEFAULT = 4300, WORK_PER_BYTE = 64, WORK_LEAST = 4096 };

static inline const uint8_t *skip_space(const og__json_reader *r, const uint8_t *at)
{
    if (at<r->end && * at> ' ') return at;
    if (r->end - at >= 2 && *at == ' ' && at[1] > ' ') return at + 1;
    while (at <= r->vector_end) {
        unsigned other = og__space16(at) ^ OG__TEXT16_ALL;
        if (other) {
            at += __builtin_ctz(other);
            return at < r->end ? at : r->end;
        }
        at += OG__TEXT16;
    }
    while (at < r->end && og__json_is_space(*at))
        at++;
    return at < r->end ? at : r->end;
}

/* ---- The stack ---- */

static int grow_stack(og__json_reader *r)
{
    size_t used = (size_t)(r->top - r->doc->stack);
    if (og__doc_stack_reserve(r->doc, used + 1) < 0) {
        og__json_no_memory(r);
        return r->status;
    }
    r->top = r->doc->stack + used;
    r->stack_end = r->doc->stack + r->doc->stack_cap;
    return OG_OK;
}

/* Room for one more value at r->top. */
static inline int reserve_one(og__json_reader *r)
{
    return r->top < r->stack_end ? OG_OK : grow_stack(r);
}

static inline og_kind open_kind(const og__json_reader *r)
{
    return og_kind_of(r->doc->stack[r->frame]);
}

static const uint8_t *open_container(og__json_reader *r, const uint8_t *at, og_kind kind)
{
    if (r->depth >= r->max_depth) {
        r->status = og_error_set(
            r->err, OG_ELIMIT, og__json_position(r, at),
            "more than %zu arrays and objects in one another; raise max_depth to allow it", r->max_depth);
        return NULL;
    }
    if (reserve_one(r) < 0) return NULL;
    size_t outer = r->frame;
    r->frame = (size_t)(r->top - r->doc->stack);
    *r->top = og__make(kind, 0, og__json_position(r, at), NULL);
    r->top++->u.i = (int64_t)outer;
    r->depth++;
    return at + 1;
}

/* ---- Closing a container ---- */

/* The place of key number `pair` (from 0) of the object that opens at `at`, which has been read without
 * error. */
static const uint8_t *find_key(const og__json_reader *r, const uint8_t *at, size_t pair)
{
    size_t depth = 0;
    size_t commas = 0;
    bool in_string = false;
    for (; at < r->end; at++) {
        if (in_string) {
            if (*at == '\\')
                at++;
            else
                in_string = *at != '"';
        } else if (*at == '"') {
            if (depth == 1 && commas == pair) return at;
            in_string = true;
        } else if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            depth--;
        } else if (*at == ',' && depth == 1) {
            commas++;
        }
    }
    return at;
}

static int refuse_dict(og__json_reader *r, og_value frame, size_t bad, const og_error *why)
{
    const uint8_t *open = r->text + og__value_len(frame);
    if (bad == SIZE_MAX) {
        r->status = og_error_set(r->err, why->code, og__json_position(r, open), "%s", why->text);
        return r->status;
    }
    size_t len;
    const char *key = og_data(r->doc->stack[r->frame + 1 + 2 * bad], &len);
    r->status =
        og_error_set(r->err, OG_EVALUE, og__json_position(r, find_key(r, open, bad)),
                     "the key \"%.*s\" stands twice in one object", (int)(len < 100 ? len : 100), key);
    return r->status;
}

static og_value make_raw(og__json_reader *r, og_value frame, const og_value *items, size_t count)
{
    og__json_raw *raw = og__doc_alloc(r->tree, sizeof *raw + count * sizeof *items, _Alignof(og__json_raw));
    if (!raw) return (og_value){0};
    raw->position = og__value_len(frame);
    raw->count = count;
    memcpy(raw->items, items, count * sizeof *items);
    return og__make(og_kind_of(frame), 0, 0, raw);
}

/* Makes the innermost open container from its items, in whose place it then stands on the stack. */
static int close_container(og__json_reader *r)
{
    og_value *frame = r->doc->stack + r->frame;
    const og_value *items = frame + 1;
    size_t count = (size_t)(r->top - items);
    og_value made;
    if (r->tree) {
        made = make_raw(r, *frame, items, count);
    } else if (og_kind_of(*frame) == OG_LIST) {
        made = og__list_from(r->doc, items, count);
    } else {
        og_error why = {.code = OG_OK};
        size_t bad = SIZE_MAX;
        made = og__dict_from(r->doc, items, count / 2, r->duplicate, &bad, &why);
        if (!og_valid(made) && why.code != OG_ENOMEM) return refuse_dict(r, *frame, bad, &why);
    }
    if (!og_valid(made)) {
        og__json_no_memory(r);
        return r->status;
    }
    r->frame = (size_t)frame->u.i;
    *frame = made;
    r->top = frame + 1;
    r->depth--;
    return OG_OK;
}

/* ---- Scalars ---- */

static inline const uint8_t *read_string(og__json_reader *r, const uint8_t *at, og_value *out)
{
    const uint8_t *start = at + 1;
    at = start;
    while (at <= r->vector_end) {
        unsigned special = og__special16(at);
        if (!special) {
            at += OG__TEXT16;
            continue;
        }
        at += __builtin_ctz(special);
        if (*at != '"' || at >= r->end) break;
        *out = og__make(OG_STR, OG__F_CLEAN | OG__F_ASCII, (uint64_t)(at - start), start);
        return at + 1;
    }
    return og__json_read_string_slow(r, start, at < r->end ? at : r->end, out);
}

static const uint8_t *read_word(og__json_reader *r, const uint8_t *at, const char *word, og_value value,
                                og_value *out)
{
    size_t len = strlen(word);
    if ((size_t)(r->end - at) < len || memcmp(at, word, len) != 0) return og__json_not_word(r, at, word);
    *out = value;
    return at + len;
}

static const uint8_t *read_other(og__json_reader *r, const uint8_t *at, og_value *out)
{
    if (r->allow_nan && at < r->end) {
        bool negative = *at == '-';
        if (*at == 'N') return read_word(r, at, "NaN", og_float(__builtin_nan("")), out);
        if (*at == 'I') return read_word(r, at, "Infinity", og_float(__builtin_inf()), out);
        if (negative) return read_word(r, at, "-Infinity", og_float(-__builtin_inf()), out);
    }
    if (at < r->end && (*at == 'N' || *at == 'I' || *at == '-'))
        return og__json_unexpected(r, at, "a value (NaN and Infinity are not JSON; allow_nan takes them)");
    if (r->end - at >= 3 && at == r->text && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        return og__json_unexpected(r, at,
                                   "a value (a byte order mark is not JSON; leave its three bytes out)");
    return og__json_unexpected(r, at, "a value");
}

static inline const uint8_t *read_scalar(og__json_reader *r, const uint8_t *at, og_value *out)
{
    if (at >= r->end) return read_other(r, at, out);
    switch (*at) {
    case '"': return read_string(r, at, out);
    case '-':
        if (r->end - at >= 2 && at[1] == 'I') return read_other(r, at, out);
        return og__json_read_number(r, at, out);
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': return og__json_read_number(r, at, out);
    case 't': return read_word(r, at, "true", og_bool(true), out);
    case 'f': return read_word(r, at, "false", og_bool(false), out);
    case 'n': return read_word(r, at, "null", og__make(OG_NONE, 0, 0, NULL), out);
    default: return read_other(r, at, out);
    }
}

/* ---- The pass ---- */

/* Reads a key and its colon; leaves the key on the stack and returns where the value begins. */
static inline const uint8_t *read_key(og__json_reader *r, const uint8_t *at, const char *expected)
{
    if (at >= r->end || *at != '"') return og__json_unexpected(r, at, expected);
    if (reserve_one(r) < 0) return NULL;
    at = read_string(r, at, r->top);
    if (!at) return NULL;
    r->top++;
    at = skip_space(r, at);
    if (at >= r->end || *at != ':') return og__json_unexpected(r, at, "':' after a key");
    return skip_space(r, at + 1);
}

/*
 * Opens containers from `at` on until a value stands there that is not one, or an empty one was opened (then
 * *closed). Returns the place of that value, or of the closing bracket.
 */
static inline const uint8_t *open_containers(og__json_reader *r, const uint8_t *at, bool *empty)
{
    *empty = false;
    while (at < r->end && (*at == '[' || *at == '{')) {
        bool list = *at == '[';
        at = open_container(r, at, list ? OG_LIST : OG_DICT);
        if (!at) return NULL;
        at = skip_space(r, at);
        if (at < r->end && *at == (list ? ']' : '}')) {
            *empty = true;
            return at;
        }
        if (!list) {
            at = read_key(r, at, "a key in '\"', or '}', after '{'");
            if (!at) return NULL;
        }
    }
    return at;
}

/* After a ',': the place of the next value; with a trailing comma allowed, that of the bracket. */
static inline const uint8_t *next_item(og__json_reader *r, const uint8_t *at, bool list)
{
    at = skip_space(r, at);
    if (r->allow_trailing_comma && at < r->end && *at == (list ? ']' : '}')) return at;
    return list ? at : read_key(r, at, "a key in '\"' after ','");
}

/* After a value: closes what ends here. Returns where the next value begins, or where the text ends (then
 * *done). */
static inline const uint8_t *after_value(og__json_reader *r, const uint8_t *at, bool *done)
{
    for (;;) {
        at = skip_space(r, at);
        if (r->depth == 0) break;
        bool list = open_kind(r) == OG_LIST;
        uint8_t c = at < r->end ? *at : 0;
        if (c == ',') {
            at = next_item(r, at + 1, list);
            if (!at || !r->allow_trailing_comma || at >= r->end) return at;
            c = *at;
            if (c != (list ? ']' : '}')) return at;
        }
        if (c != (list ? ']' : '}'))
            return og__json_unexpected(r, at,
                                       list ? "',' or ']' after an array item" : "',' or '}' after a value");
        if (close_container(r) < 0) return NULL;
        at++;
    }
    *done = true;
    return at;
}

static int read_text(og__json_reader *r)
{
    bool done = false;
    const uint8_t *at = skip_space(r, r->text);
    while (!done) {
        bool empty;
        at = open_containers(r, at, &empty);
        if (!at) return r->status;
        if (empty) {
            if (close_container(r) < 0) return r->status;
            at++;
        } else {
            if (reserve_one(r) < 0) return r->status;
            at = read_scalar(r, at, r->top);
            if (!at) return r->status;
            r->top++;
        }
        at = after_value(r, at, &done);
        if (!at) return r->status;
    }
    if (at == r->end) return OG_OK;
    og__json_unexpected(r, at, "nothing but white space after the value");
    if (r->err) r->err->code = OG_ETRAILING;
    return OG_ETRAILING;
}

/* ---- Setting out ---- */

static void set_text(og__json_reader *r, const uint8_t *text, size_t len, bool padded)
{
    r->text = text;
    r->end = text + len;
    if (padded)
        r->vector_end = r->end;
    else
        r->vector_end = len >= OG__TEXT16 ? r->end - OG__TEXT16 : NULL;
}

static int read_into(og_doc *doc, og__json_reader *r)
{
    r->doc = doc;
    if (og__doc_stack_reserve(doc, 16) < 0) {
        og__json_no_memory(r);
        return r->status;
    }
    /* Place 0 stays free: the frame that has no outer one says so by pointing there. */
    doc->stack[0] = (og_value){0};
    r->top = doc->stack + 1;
    r->stack_end = doc->stack + doc->stack_cap;
    doc->work = 0;
    doc->work_limit = WORK_LEAST + (uint64_t)(r->end - r->text) * WORK_PER_BYTE;
    int status = read_text(r);
    if (status == OG_OK) {
        og_value root = doc->stack[1];
        if (r->tree) status = og__json_from_tags(r, root, &root);
        if (status == OG_OK) og_doc_set_root(doc, root);
    }
    doc->work_limit = 0;
    return status;
}

static og__json_reader reader_of(const og_json_read_options *o, og_error *err)
{
    return (og__json_reader){
        .max_depth = o->max_depth ? o->max_depth : DEPTH_DEFAULT,
        .max_digits = o->max_digits ? o->max_digits : DIGITS_DEFAULT,
        .err = err,
        .allow_nan = o->allow_nan,
        .allow_surrogates = o->allow_surrogates || o->lossless,
        .allow_trailing_comma = o->allow_trailing_comma,
        .duplicate = o->refuse_duplicates ? OG__DUPLICATE_REFUSE : OG__DUPLICATE_LAST,
    };
}

/* Reads with the containers of the text in a document of their own until their tags are understood. */
static int read_lossless(og_doc *doc, og__json_reader *r)
{
    r->tree = og_doc_new(&doc->alloc);
    if (!r->tree) {
        og__json_no_memory(r);
        return r->status;
    }
    og_doc_set_memory_limit(r->tree, doc->memory_limit);
    int status = read_into(doc, r);
    og_doc_free(r->tree);
    return status;
}

static int read_document(og_doc *doc, const uint8_t *text, size_t len, bool padded,
                         const og_json_read_options *o, og_error *err)
{
    og__json_reader r = reader_of(o, err);
    set_text(&r, text, len, padded);
    r.doc = doc;
    if (o->allow_comments) {
        text = og__json_blank_comments(&r, text, len);
        if (!text) return r.status;
        set_text(&r, text, len, false);
    }
    return o->lossless ? read_lossless(doc, &r) : read_into(doc, &r);
}

int og_json_read(og_doc *doc, const char *text, size_t len, const og_json_read_options *options,
                 og_error *err)
{
    og_json_read_options o;
    int status = og__options_take(&o, sizeof o, options, err);
    if (status < 0) return status;
    og_doc_reset(doc);
    const char *from = text ? text : ""; /* nothing at all may have no address */
    return read_document(doc, (const uint8_t *)from, len, text && o.padded, &o, err);
}

/* The text in the document's own memory, with padding behind it. */
static const uint8_t *keep_text(og_doc *doc, const char *text, size_t len)
{
    if (len > SIZE_MAX - PADDING) return NULL;
    uint8_t *copy = og__doc_alloc(doc, len + PADDING, 1);
    if (!copy) return NULL;
    if (len) memcpy(copy, text, len);
    memset(copy + len, 0, PADDING);
    return copy;
}

og_doc *og_json_loads(const char *text, size_t len, const og_json_read_options *options, og_error *err)
{
    og_json_read_options o;
    if (og__options_take(&o, sizeof o, options, err) < 0) return NULL;
    og_doc *doc = og_doc_new(NULL);
    const uint8_t *copy = doc ? keep_text(doc, text, len) : NULL;
    if (!copy)
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory while reading JSON");
    else if (read_document(doc, copy, len, true, &o, err) == OG_OK)
        return doc;
    og_doc_free(doc);
    return NULL;
}
