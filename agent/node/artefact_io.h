// SPDX-License-Identifier: Apache-2.0
//
// The files that captures of runs are kept in: DATA/captures/SHA256.pcap, named by their own
// digest, with a manifest beside them. What enters: packets, and at the end what the capture
// counted. What leaves: the record that tells of the file. Files too old or beyond the limit go,
// the oldest first; the manifest lists those that are there.
#pragma once

#include "capture/packet.h"
#include "msg/flow.h"
#include "node/config.h"

struct artefact;

// Takes away what a killed process left unfinished.
void artefacts_tidy(const struct node_config *c);

// R: run, side and place. Where the configuration keeps none, *OUT is NULL, and that is fine.
enum err artefact_open(const struct node_config *c, const struct capture_record *r, uint32_t link,
		       struct artefact **out, struct fault *f) MUSTUSE;

void artefact_put(struct artefact *a, const struct packet *p); // A may be NULL

// Names the file by its digest, writes it into the manifest, and fills R's bytes, sha256 (borrowed
// from DIGEST) and snap; the rest of R is what the manifest shall say. *A may be NULL: R tells then
// that no file was kept.
enum err artefact_close(struct artefact **a, struct capture_record *r,
			uint8_t digest[static CAPTURE_SHA256], struct fault *f) MUSTUSE;
