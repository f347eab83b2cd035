/* SPDX-License-Identifier: MIT */
/* Names that changed between Python 2 and 3. The values given and returned are of kind str. */
#ifndef ONGGI_CODEC_PICKLE_NAMES_H
#define ONGGI_CODEC_PICKLE_NAMES_H

#include "value/doc.h"

/* Bytes of the longest name that getattr() is taken to tell, for each call of a chain makes one more copy of
 * it; and of a class's longest name: no policy allows a longer one. */
enum { OG__NESTED_NAME_MAX = 1000, OG__NAME_MAX = 1000 };

/* Replaces a module and a name of Python 2 by those that Python 3 takes them for. */
void og__pickle_names_to_3(og_value *module, og_value *name);

/* The reverse: names that og__pickle_names_to_3() turns into the given ones. False when there are none. */
bool og__pickle_names_to_2(og_value *module, og_value *name);

#endif
