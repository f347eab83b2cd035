/* SPDX-License-Identifier: MIT */
/* The pass over the text for processors with AVX2. */
#include "codec/json/reader.h"

#if defined(OG__JSON_X86)
#    include "codec/json/text_avx2.h"

#    define OG__PASS og__json_pass_avx2
#    include "codec/json/pass_body.h"
#endif
