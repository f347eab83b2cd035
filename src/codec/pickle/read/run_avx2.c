/* SPDX-License-Identifier: MIT */
/* Runs a pickle at full speed on processors with AVX2. */
#include "codec/pickle/read/reader.h"

#if defined(OG__PICKLE_AVX2)
#    include "codec/pickle/read/text_avx2.h"

#    define OG__FAST_RUN OG__TARGET og__pickle_reader_run_to_avx2
#    include "codec/pickle/read/fast_body.h"
#endif
