/* SPDX-License-Identifier: MIT */
/* Lists a pickle's opcodes, and checks that they fit stack and memo, as pickletools does. */
#include "codec/pickle/judge/dis.h"

#include "base/alloc.h"
#include "base/plural.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

og_pickle_dis *og_pickle_dis_new(const void *bytes, size_t len)
{
    og_pickle_dis *dis = og__base_alloc(NULL, sizeof *dis);
    if (!dis) return NULL;
    *dis = (og_pickle_dis){.bytes = bytes, .len = len};
    og_buf_init(&dis->argument, NULL);
    dis->scratch = og_doc_new(NULL);
    dis->memory = og_doc_new(NULL);
    dis->stack.runs = og__base_alloc(NULL, sizeof *dis->stack.runs);
    if (!dis->scratch || !dis->memory || !dis->stack.runs) {
        og_doc_free(dis->scratch);
        og_doc_free(dis->memory);
        og__base_free(NULL, dis->stack.runs, sizeof *dis->stack.runs);
        og__base_free(NULL, dis, sizeof *dis);
        return NULL;
    }
    dis->stack.runs[0] = 0;
    dis->stack.runs_cap = 1;
    og__pickle_memo_init(&dis->memo, dis->memory);
    return dis;
}

void og_pickle_dis_free(og_pickle_dis *dis)
{
    if (!dis) return;
    og__pickle_memo_fini(&dis->memo);
    og_buf_free(&dis->argument);
    og_doc_free(dis->scratch);
    og_doc_free(dis->memory);
    og__base_free(NULL, dis->stack.runs, dis->stack.runs_cap * sizeof *dis->stack.runs);
    og__base_free(NULL, dis->stack.places, dis->stack.places_cap * sizeof *dis->stack.places);
    og__base_free(NULL, dis, sizeof *dis);
}

unsigned og_pickle_dis_protocol(const og_pickle_dis *dis)
{
    return dis->protocol;
}

int og_pickle_dis_end(const og_pickle_dis *dis, og_error *err)
{
    if (dis->stack.total == 0) return OG_OK;
    return og_error_set(err, OG_ESYNTAX, dis->at,
                        "the stack is not empty after STOP: %zu value%s or mark%s left", dis->stack.total,
                        og__base_plural(dis->stack.total), dis->stack.total == 1 ? " is" : "s are");
}

static int no_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to list a pickle");
}

/* ---- The stack ---- */

static bool is_mark_on_top(const og__dis_stack *s)
{
    return s->marks > 0 && s->runs[s->marks] == 0;
}

/* Drops `count` values, marks among them too; there are as many. */
static void drop(og__dis_stack *s, size_t count)
{
    s->total -= count;
    while (count > s->runs[s->marks]) {
        count -= s->runs[s->marks] + 1;
        s->marks--;
    }
    s->runs[s->marks] -= count;
}

/* Drops all down to the topmost mark: false when there is none. */
static bool drop_to_mark(og__dis_stack *s)
{
    if (s->marks == 0) return false;
    s->total -= s->runs[s->marks] + 1;
    s->marks--;
    return true;
}

/* Room for one more number. */
static bool reserve(size_t **numbers, size_t count, size_t *cap)
{
    if (count < *cap) return true;
    size_t more = *cap ? *cap * 2 : 16;
    size_t *grown = og__base_realloc(NULL, *numbers, *cap * sizeof **numbers, more * sizeof **numbers);
    if (!grown) return false;
    *numbers = grown;
    *cap = more;
    return true;
}

static int push_mark(og__dis_stack *s, size_t position, og_error *err)
{
    if (!reserve(&s->runs, s->marks + 1, &s->runs_cap) || !reserve(&s->places, s->placed, &s->places_cap))
        return no_memory(err);
    s->runs[++s->marks] = 0;
    s->places[s->placed++] = position;
    s->total++;
    return OG_OK;
}

/* ---- One opcode ---- */

static size_t words(const char *text)
{
    size_t count = *text != 0;
    for (; *text; text++)
        count += *text == ' ';
    return count;
}

/* What is wrong with the opcode in hand. Returns the status. */
static int misfit(const og_pickle_line *line, og_error *err, const char *format, ...) OG_PRINTF(3, 4);

static int misfit(const og_pickle_line *line, og_error *err, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return og_error_set(err, OG_ESYNTAX, line->position, "opcode %s: %s", line->name, text);
}

/* Takes the topmost mark for an opcode that wants one. */
static int take_mark(og_pickle_dis *dis, og_pickle_line *line, og_error *err)
{
    og__dis_stack *s = &dis->stack;
    if (s->placed == 0) {
        snprintf(line->note, sizeof line->note, "no MARK exists on stack");
        return misfit(line, err, "no mark is on the stack");
    }
    snprintf(line->note, sizeof line->note, "(MARK at %zu)", s->places[--s->placed]);
    if (drop_to_mark(s)) return OG_OK;
    return misfit(line, err, "its mark has been dropped from the stack as if it were a value");
}

static int check_put(og_pickle_dis *dis, og_pickle_line *line, size_t index, og_error *err)
{
    if (og_valid(og__pickle_memo_get(&dis->memo, index)))
        return misfit(line, err, "memo entry %zu is defined already", index);
    if (dis->stack.total == 0)
        return misfit(line, err, "the stack is empty: nothing can be stored in the memo");
    if (is_mark_on_top(&dis->stack)) return misfit(line, err, "a mark cannot be stored in the memo");
    return og__pickle_memo_put(&dis->memo, index, og_none()) < 0 ? no_memory(err) : OG_OK;
}

static int check_memo(og_pickle_dis *dis, og_pickle_line *line, og_value argument, og_error *err)
{
    uint64_t index = dis->memo.count;
    bool flag = false;
    if (line->byte == OG__OP_MEMOIZE) {
        snprintf(line->note, sizeof line->note, "(as %zu)", dis->memo.count);
    } else if (og_as_bool(argument, &flag) == OG_OK) {
        index = flag;
    } else if (og_as_uint64(argument, &index) < 0 || index > SIZE_MAX / 4) {
        return misfit(line, err, "expected the number of a memo entry but found %s", line->argument);
    }
    switch (line->byte) {
    case OG__OP_MEMOIZE:
    case OG__OP_PUT:
    case OG__OP_BINPUT:
    case OG__OP_LONG_BINPUT: return check_put(dis, line, (size_t)index, err);
    default: break;
    }
    if (og_valid(og__pickle_memo_get(&dis->memo, (size_t)index))) return OG_OK;
    return misfit(line, err, "memo entry %zu has never been stored", (size_t)index);
}

static bool uses_memo(uint8_t byte)
{
    return byte == OG__OP_GET || byte == OG__OP_BINGET || byte == OG__OP_LONG_BINGET || byte == OG__OP_PUT ||
           byte == OG__OP_BINPUT || byte == OG__OP_LONG_BINPUT || byte == OG__OP_MEMOIZE;
}

/* Checks the opcode and does to the stack what it does. */
static int apply(og_pickle_dis *dis, og_pickle_line *line, og_value argument, og_error *err)
{
    const og__opcode_info *op = &og__pickle_opcodes[line->byte];
    og__dis_stack *s = &dis->stack;
    const char *mark = strstr(op->before, "mark");
    size_t takes = words(op->before);
    int status = OG_OK;
    if (mark) {
        takes = 0;
        for (const char *c = op->before; c < mark; c++)
            takes += *c == ' ';
        status = take_mark(dis, line, err);
    } else if (line->byte == OG__OP_POP && is_mark_on_top(s)) {
        takes = 0;
        status = take_mark(dis, line, err);
    }
    if (status == OG_OK && uses_memo(line->byte)) status = check_memo(dis, line, argument, err);
    if (status < 0) return status;
    if (s->total < takes)
        return misfit(line, err, "takes %zu value%s from the stack, which has only %zu", takes,
                      og__base_plural(takes), s->total);
    drop(s, takes);
    if (line->byte == OG__OP_MARK) return push_mark(s, line->position, err);
    size_t gives = words(op->after);
    s->runs[s->marks] += gives;
    s->total += gives;
    return OG_OK;
}

static int unknown(const og_pickle_dis *dis, og_error *err)
{
    return og__pickle_no_opcode(dis->bytes, dis->at, dis->len, err);
}

static int next(og_pickle_dis *dis, og_pickle_line *line, bool *shown, og_error *err)
{
    if (dis->at == dis->len) return og__pickle_no_stop(dis->bytes, dis->len, err);
    uint8_t byte = dis->bytes[dis->at];
    const og__opcode_info *op = &og__pickle_opcodes[byte];
    if (!op->name) return unknown(dis, err);
    og_value argument;
    size_t size;
    int status = og__pickle_dis_argument(dis, dis->at, &size, &argument, err);
    if (status < 0) return status;
    *line = (og_pickle_line){.position = dis->at,
                             .size = size,
                             .byte = byte,
                             .name = op->name,
                             .summary = op->summary,
                             .protocol = op->protocol,
                             .marks = dis->stack.placed,
                             .has_argument = og_valid(argument),
                             .argument = og_valid(argument) ? (const char *)dis->argument.data : "",
                             .argument_len = og_valid(argument) ? dis->argument.len - 1 : 0};
    *shown = true;
    dis->at += size;
    if (op->protocol > dis->protocol) dis->protocol = op->protocol;
    status = apply(dis, line, argument, err);
    dis->ended = status < 0 || byte == OG__OP_STOP;
    return status < 0 ? status : 1;
}

int og_pickle_dis_next(og_pickle_dis *dis, og_pickle_line *line, bool *shown, og_error *err)
{
    bool own = false;
    if (!shown) shown = &own;
    *shown = false;
    if (dis->ended) return 0;
    int status = next(dis, line, shown, err);
    if (status < 0) dis->ended = true;
    return status;
}

/* ---- The line ---- */

enum { INDENT_MAX = 100 };

int og_pickle_line_write(const og_pickle_line *line, og_buf *out)
{
    size_t indent =
        line->marks < INDENT_MAX ? line->marks : INDENT_MAX; /* or marks alone would make it quadratic */
    char text[96];
    bool printable = line->byte >= 0x20 && line->byte < 0x7f;
    int len = snprintf(text, sizeof text, printable ? "%5zu: %c    " : "%5zu: \\x%02x ", line->position,
                       line->byte);
    int status = og_buf_put(out, text, (size_t)len);
    for (size_t i = 0; i < indent && status == OG_OK; i++)
        status = og_buf_puts(out, "    ");
    if (status == OG_OK) status = og_buf_puts(out, line->name);
    if (status < 0 || (!line->has_argument && !line->note[0])) return status;
    for (size_t i = strlen(line->name); i < 10 && status == OG_OK; i++)
        status = og_buf_putc(out, ' ');
    if (status == OG_OK && line->has_argument) {
        status = og_buf_putc(out, ' ');
        if (status == OG_OK) status = og_buf_put(out, line->argument, line->argument_len);
    }
    if (status == OG_OK && line->note[0]) {
        status = og_buf_putc(out, ' ');
        if (status == OG_OK) status = og_buf_puts(out, line->note);
    }
    return status;
}
