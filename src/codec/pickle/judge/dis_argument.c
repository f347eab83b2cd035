/* SPDX-License-Identifier: MIT */
/* Arguments of opcodes, as pickletools shows them. */
#include "codec/pickle/judge/dis.h"

#include <onggi/text.h>

#include <string.h>

static bool is_decimal(const uint8_t *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9') return false;
    }
    return len > 0;
}

/* An int in text: as pickletools reads it (00 and 01 are False and True), or as the reader does. */
static int read_int(og__reader *r)
{
    const uint8_t *start = r->at;
    const uint8_t *feed = r->at < r->end ? memchr(r->at, '\n', (size_t)(r->end - r->at)) : NULL;
    size_t len = feed ? (size_t)(feed - start) : 0;
    if (len == 2 && start[0] == '0' && (start[1] == '0' || start[1] == '1')) {
        r->at = feed + 1;
        return og__pickle_push(r, og_bool(start[1] == '1'));
    }
    bool minus = len > 0 && start[0] == '-';
    bool decimal = is_decimal(start + minus, len - minus) && start[minus] != '0';
    return decimal || *r->op != OG__OP_INT ? og__pickle_op_LONG(r) : og__pickle_op_INT(r);
}

/* A line whose backslashes are taken for escapes, as pickletools does though no reader does: as if it were a
 * literal in quotes. Where these are malformed, or bytes not ASCII, the line as it is. */
static int read_line(og__reader *r)
{
    size_t len;
    const uint8_t *line = og__pickle_take_line(r, &len);
    if (!line) return OG_ETRUNCATED;
    if (len == 0 || !memchr(line, '\\', len)) return og__pickle_push_utf8(r, line, len);
    uint8_t *quoted = og__value_doc_alloc(r->doc, len + 3, 1);
    if (!quoted) return og__pickle_reader_nomem(r);
    quoted[0] = quoted[len + 1] = '\'';
    quoted[len + 2] = '\n';
    memcpy(quoted + 1, line, len);
    og__reader literal = *r;
    literal.at = quoted;
    literal.end = quoted + len + 3;
    literal.err = NULL;
    if (og__pickle_op_STRING(&literal) < 0) return og__pickle_push_utf8(r, line, len);
    return og__pickle_push(r, literal.top[-1]);
}

/* Lines as one str, with a blank between them. */
static int read_lines(og__reader *r, unsigned lines)
{
    int status = read_line(r);
    if (status < 0 || lines == 1) return status;
    og_value first = *--r->top;
    status = read_line(r);
    if (status < 0) return status;
    og_value second = *--r->top;
    size_t len = og_len(first) + 1 + og_len(second);
    char *text = og__value_doc_alloc(r->doc, len, 1);
    if (!text) return og__pickle_reader_nomem(r);
    if (og_len(first)) memcpy(text, first.u.p, og_len(first));
    text[og_len(first)] = ' ';
    if (og_len(second)) memcpy(text + og_len(first) + 1, second.u.p, og_len(second));
    return og__pickle_push_utf8(r, (const uint8_t *)text, len);
}

static int read_fixed(og__reader *r, size_t size)
{
    const uint8_t *bytes = og__pickle_take(r, size);
    if (!bytes) return OG_ETRUNCATED;
    uint64_t number = og__pickle_le(bytes, size);
    if (og__pickle_opcodes[*r->op].argument == OG__ARG_I4)
        return og__pickle_push(r, og__value_make_int((int32_t)number));
    return og__pickle_push_new(r, og_uint(r->doc, number));
}

/* Pushes the argument of the opcode *r->op, by the reader's own functions where they do no more. */
static int read_argument(og__reader *r)
{
    static const og__pickle_op_fn functions[256] = {
        [OG__OP_LONG] = og__pickle_op_LONG,
        [OG__OP_LONG1] = og__pickle_op_LONG1,
        [OG__OP_LONG4] = og__pickle_op_LONG4,
        [OG__OP_FLOAT] = og__pickle_op_FLOAT,
        [OG__OP_BINFLOAT] = og__pickle_op_BINFLOAT,
        [OG__OP_STRING] = og__pickle_op_STRING,
        [OG__OP_BINSTRING] = og__pickle_op_BINSTRING,
        [OG__OP_SHORT_BINSTRING] = og__pickle_op_SHORT_BINSTRING,
        [OG__OP_UNICODE] = og__pickle_op_UNICODE,
        [OG__OP_BINUNICODE] = og__pickle_op_BINUNICODE,
        [OG__OP_SHORT_BINUNICODE] = og__pickle_op_SHORT_BINUNICODE,
        [OG__OP_BINUNICODE8] = og__pickle_op_BINUNICODE8,
        [OG__OP_BINBYTES] = og__pickle_op_BINBYTES,
        [OG__OP_SHORT_BINBYTES] = og__pickle_op_SHORT_BINBYTES,
        [OG__OP_BINBYTES8] = og__pickle_op_BINBYTES8,
        [OG__OP_BYTEARRAY8] = og__pickle_op_BYTEARRAY8,
    };
    og__pickle_op_fn function = functions[*r->op];
    if (function) return function(r);
    unsigned argument = og__pickle_opcodes[*r->op].argument;
    og__arg_shape shape = og__pickle_arg_shape_of(argument);
    if (argument == OG__ARG_LINE_INT || argument == OG__ARG_LINE_INDEX) return read_int(r);
    if (shape.lines) return read_lines(r, shape.lines);
    return read_fixed(r, shape.fixed);
}

int og__pickle_dis_argument(og_pickle_dis *dis, size_t position, size_t *size, og_value *value, og_error *err)
{
    static const og_pickle_read_options options = {.size = sizeof options, .encoding = OG_PICKLE_LATIN1};
    *size = 1;
    *value = (og_value){0};
    dis->argument.len = 0;
    if (og__pickle_opcodes[dis->bytes[position]].argument == OG__ARG_NONE) return OG_OK;
    og__reader r;
    og_doc_reset(dis->scratch);
    int status = og__pickle_reader_init(&r, dis->scratch, dis->bytes, dis->len, &options, err);
    if (status == OG_OK) {
        r.op = dis->bytes + position;
        r.at = r.op + 1;
        status = read_argument(&r);
    }
    if (status == OG_OK) {
        *value = r.top[-1];
        *size = (size_t)(r.at - r.op);
    }
    og__pickle_reader_fini(&r);
    if (status == OG_OK) status = og_repr(*value, &dis->argument, NULL, err);
    if (status == OG_OK && og_buf_putc(&dis->argument, 0) < 0)
        status = og_error_set(err, OG_ENOMEM, position, "no memory to show an argument");
    return status;
}
