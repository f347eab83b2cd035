/* SPDX-License-Identifier: MIT */
/*
 * The file of torch that torch.storage._load_from_bytes is given: plainly pickled tensors are made by it. It
 * unpickles what is in the file, so its call is allowed only where all of that was judged: the whole file is
 * taken apart here, and the watcher reads each pickle of it.
 *
 * Ownership: nothing is owned; the texts and values are in the message and in the document that is passed in.
 */
#ifndef ONGGI_CODEC_PICKLE_JUDGE_TORCH_H
#define ONGGI_CODEC_PICKLE_JUDGE_TORCH_H

#include "codec/container/container.h"
#include "codec/pickle/read/reader.h"

typedef struct og__torch {
    og__block file;
    bool zip;            /* else the form before 1.6 */
    size_t at;           /* old form: where the pickle in hand begins */
    unsigned number;     /* of the pickle in hand, from 1 */
    og_doc *doc;         /* of the values below */
    og_value storages;   /* dict: what the file calls a storage -> its persistent id */
    og_value members;    /* zip, dict: likewise -> bytes that are there for it */
    const uint8_t *stem; /* zip: the folder that all members are in, up to its slash */
    size_t stem_len;
    og__block pickle; /* zip: data.pkl */
    char text[140];   /* what is wrong, where that is more than one text */
} og__torch;

/* Bytes of an item of this class of storages; 0: it is none. */
size_t og__pickle_torch_item_size(og_value cls);

/* Whether `v` is the function. */
bool og__pickle_is_torch_loader(og_value v);

/* Whether `v` was made by calling it. */
bool og__pickle_is_torch_loaded(og_value v);

/* Whether `v` was made by calling it, or one of the functions that make tensors. */
bool og__pickle_is_torch_made(og_value v);

/* Whether the opcode r->op, done next, does anything else with the function than to call it by REDUCE. */
bool og__pickle_torch_is_misused(const og__reader *r);

/* The steps of a file: 0 or 1 as each one says, OG_EPOLICY with `*why` ("is given …"), or OG_ENOMEM. */

/* Takes the arguments of the call; the values of `t` will be in `doc`. 1: the first pickle is in `*pickle`.
 */
int og__pickle_torch_begin(og__torch *t, og_doc *doc, og_value args, og__block *pickle, const char **why);

/* The pickle in hand has `used` bytes and makes `root`. 1: the next one is in `*pickle`; 0: that was all. */
int og__pickle_torch_next(og__torch *t, og_value root, size_t used, og__block *pickle, const char **why);

/* A persistent id of the pickle in hand, OG_INVALID for one that is text: 0 when torch knows it. */
int og__pickle_torch_persistent(og__torch *t, og_value id, const char **why);

#endif
