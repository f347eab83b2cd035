/* SPDX-License-Identifier: MIT */
/* What every other header needs. */
#ifndef ONGGI_BASE_H
#define ONGGI_BASE_H

#define OG_API __attribute__((visibility("default")))

#endif
