/* SPDX-License-Identifier: MIT */
/* The pass over the text for any processor. */
#include "codec/json/text_any.h"

#define OG__PASS og__json_pass
#include "codec/json/pass_body.h"
