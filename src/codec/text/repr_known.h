/* SPDX-License-Identifier: MIT */
/* How repr shows objects of known Python types. */
#ifndef ONGGI_CODEC_TEXT_REPR_KNOWN_H
#define ONGGI_CODEC_TEXT_REPR_KNOWN_H

#include "value/doc.h"

/* "OrderedDict(" and ")" around a value; or only `before`, where `inner` is OG_INVALID. */
typedef struct og__known_repr {
    og_buf before; /* freed by the caller */
    og_value inner;
    og_value after; /* str */
} og__known_repr;

/* What a name of the module builtins is, as repr() tells them apart. */
typedef enum og__builtin_kind {
    OG__BUILTIN_CLASS,
    OG__BUILTIN_FUNCTION,
    OG__BUILTIN_VALUE /* Ellipsis, NotImplemented */
} og__builtin_kind;

og__builtin_kind og__text_repr_builtin(og_value class);

/*
 * Fills `out` for an object of a known type, in the memory of `scratch`. 1; 0 when it is not known, or
 * damaged, and must be shown as inert; OG_ENOMEM. `out` may be freed in each case.
 */
int og__text_repr_known(og_doc *scratch, og_value object, og__known_repr *out);

#endif
