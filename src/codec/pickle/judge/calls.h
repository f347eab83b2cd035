/* SPDX-License-Identifier: MIT */
/* What a call may be given: where the name of the class is not all that matters. */
#ifndef ONGGI_CODEC_PICKLE_JUDGE_CALLS_H
#define ONGGI_CODEC_PICKLE_JUDGE_CALLS_H

#include "value/doc.h"

/* The arguments of a call. */
typedef struct og__call {
    const og_value *args;
    size_t count;
    size_t most; /* bytes of the pickle */
} og__call;

/* Why the call must not be made, or NULL. */
typedef const char *(*og__call_rule)(const og__call *c);

/* The rule for a function or class of torch, or NULL. */
og__call_rule og__pickle_torch_rule_of(og_value callable);

/*
 * Why `callable` must not be called with `args`, e.g. "is called with a size larger than the pickle"; NULL
 * when nothing speaks against it. `most` is the size of the pickle. Classes without a rule may be called with
 * anything.
 */
const char *og__pickle_call_why(og_value callable, og_value args, size_t most);

/* Whether there is a rule for it: then keyword arguments are refused, which no pickler uses. */
bool og__pickle_call_has_rule(og_value callable);

/* Why `object`, whose state is about to be set, must keep what it has; NULL when it need not. */
const char *og__pickle_build_why(og_value object);

/* Why `object` must not have the state that was just set; NULL when it may. */
const char *og__pickle_built_why(og_value object);

/* Why the state that was just set of a numpy.dtype is not the one that numpy writes for it; or NULL. */
const char *og__pickle_dtype_why(og_value object);

/* Why items must not be put into `object`; NULL when they may. */
const char *og__pickle_fill_why(og_value object);

/* builtins.getattr, with which a pickle gets at what it does not name. */
bool og__pickle_is_getattr(og_value v);

/* Why builtins.getattr must not be called like this, in any policy; NULL when its result is a name. */
const char *og__pickle_getattr_why(og_value args);

#endif
