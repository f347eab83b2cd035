/* SPDX-License-Identifier: MIT */
/* The insides of the disassembler. */
#ifndef ONGGI_CODEC_PICKLE_JUDGE_DIS_H
#define ONGGI_CODEC_PICKLE_JUDGE_DIS_H

#include <onggi/inspect.h>

#include "codec/pickle/read/reader.h"

/* A stack of which only the marks are told apart, as pickletools counts it. */
typedef struct og__dis_stack {
    size_t *runs;   /* values above each mark that is on the stack; the first: below all of them */
    size_t *places; /* positions of MARK opcodes that no other opcode has taken yet */
    size_t marks;   /* on the stack: runs[0] to runs[marks] are in use */
    size_t placed;
    size_t total; /* values and marks */
    size_t runs_cap;
    size_t places_cap;
} og__dis_stack;

struct og_pickle_dis {
    const uint8_t *bytes;
    size_t len;
    size_t at;
    bool ended;
    unsigned protocol;
    og_doc *scratch; /* for the argument in hand */
    og_doc *memory;  /* of the memo */
    og__memo memo;   /* None for each entry that was stored */
    og__dis_stack stack;
    og_buf argument;
};

/* Reads the argument of the opcode at `position`: its size with the opcode in `*size`, its repr in
 * dis->argument, its value in `*value` (OG_INVALID: it has none). 0 or < 0. */
int og__pickle_dis_argument(og_pickle_dis *dis, size_t position, size_t *size, og_value *value,
                            og_error *err);

#endif
