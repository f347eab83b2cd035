/* SPDX-License-Identifier: MIT */
/* What the tests of the rooms value and known share. */
#ifndef TEST_SUPPORT_VALUE_TEST_H
#define TEST_SUPPORT_VALUE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "value/doc.h"

/* A document per test, in *state. */
int doc_setup(void **state);
int doc_teardown(void **state);

/* A str without a document. */
og_value str_of(const char *text);

/* One-item tuple, two-item tuple; the test fails without memory. */
og_value tuple1(og_doc *doc, og_value a);
og_value tuple2(og_doc *doc, og_value a, og_value b);

/* [[[…]]] with `depth` lists (or tuples, frozensets) around None. */
og_value nested(og_doc *doc, og_kind kind, size_t depth);

/* A tuple of twice the tuple of twice … `depth` deep: 2**depth leaves in `depth` nodes. */
og_value doubled(og_doc *doc, size_t depth);

#endif
