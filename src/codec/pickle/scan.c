/* SPDX-License-Identifier: MIT */
/* Finds where a pickle ends in a stream that comes in pieces. */
#include <onggi/pickle.h>

#include "codec/pickle/opcodes.h"

#include <string.h>

/* The state is the number of lines of the current argument that are still to come. */

/* Takes the opcode at scan->at with the fixed part of its argument: 1 taken, 0 needs more, < 0 error. */
static int scan_opcode(og_pickle_scan *scan, const uint8_t *data, size_t len, og_error *err)
{
    const og__opcode_info *op = &og__pickle_opcodes[data[scan->at]];
    if (!op->name) return og__pickle_no_opcode(data, scan->at, len, err);
    og__arg_shape shape = og__pickle_arg_shape_of(op->argument);
    if (len - scan->at <= shape.fixed) return 0;

    const uint8_t *argument = data + scan->at + 1;
    uint64_t number = og__pickle_le(argument, shape.fixed);
    if (data[scan->at] == OG__OP_PROTO && number > OG_PICKLE_HIGHEST_PROTOCOL) {
        return og_error_set(err, OG_ESYNTAX, scan->at, "found pickle protocol %u; 0 to 5 are known",
                            *argument);
    }
    if (op->argument == OG__ARG_LONG4 && number > INT32_MAX) {
        return og_error_set(err, OG_ESYNTAX, scan->at, "LONG4 has a negative length");
    }
    if (shape.counted && number > SIZE_MAX / 2) {
        return og_error_set(err, OG_ELIMIT, scan->at, "%s claims a length of %llu bytes", op->name,
                            (unsigned long long)number);
    }
    scan->at += 1u + shape.fixed;
    scan->skip = shape.counted ? (size_t)number : 0;
    scan->state = shape.lines;
    return 1;
}

/* Passes over as much of the argument as there is: 1 all of it, 0 needs more. */
static int scan_argument(og_pickle_scan *scan, const uint8_t *data, size_t len)
{
    size_t take = scan->skip < len - scan->at ? scan->skip : len - scan->at;
    scan->at += take;
    scan->skip -= take;
    while (scan->state > 0 && scan->at < len) {
        const uint8_t *feed = memchr(data + scan->at, '\n', len - scan->at);
        if (feed) scan->state--;
        scan->at = feed ? (size_t)(feed - data) + 1 : len;
    }
    return scan->skip == 0 && scan->state == 0;
}

int og_pickle_scan_end(og_pickle_scan *scan, const uint8_t *data, size_t len, bool ended, size_t *end,
                       og_error *err)
{
    while (scan_argument(scan, data, len) && scan->at < len) {
        if (data[scan->at] == OG__OP_STOP) {
            *end = scan->at + 1;
            return 1;
        }
        int status = scan_opcode(scan, data, len, err);
        if (status < 0) return status;
        if (status == 0) break;
    }
    if (!ended) return 0;
    return og__pickle_no_stop(data, len, err);
}
