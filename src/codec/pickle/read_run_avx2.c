/* SPDX-License-Identifier: MIT */
/* Runs a pickle at full speed on processors with AVX2. */
#include "codec/pickle/reader.h"

#if defined(OG__PICKLE_AVX2)
#    include "codec/pickle/text_avx2.h"

#    include "codec/pickle/lane.h"

OG__TARGET bool og__reader_run_to_avx2(og__reader *r, const uint8_t *pace)
{
    return run_lane(r, pace);
}
#endif
