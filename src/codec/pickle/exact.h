/* SPDX-License-Identifier: MIT */
/* What may come after a pickle. */
#ifndef ONGGI_CODEC_PICKLE_EXACT_H
#define ONGGI_CODEC_PICKLE_EXACT_H

#include <onggi/pickle.h>

/* True when the reading or its policy is strict: nothing may come after STOP then. */
bool og__pickle_exact(const og_pickle_read_options *options);

#endif
