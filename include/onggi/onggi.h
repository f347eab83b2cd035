/* SPDX-License-Identifier: MIT */
/* All of onggi: objects between programs over sockets, in JSON and pickle. See the headers for their
 * contracts. */
#ifndef ONGGI_ONGGI_H
#define ONGGI_ONGGI_H

#include <onggi/base.h>
#include <onggi/codec.h>
#include <onggi/container.h>
#include <onggi/frame.h>
#include <onggi/inspect.h>
#include <onggi/json.h>
#include <onggi/known.h>
#include <onggi/layer.h>
#include <onggi/net.h>
#include <onggi/peer.h>
#include <onggi/pickle.h>
#include <onggi/policy.h>
#include <onggi/relay.h>
#include <onggi/text.h>
#include <onggi/value.h>
#include <onggi/version.h>

#endif
