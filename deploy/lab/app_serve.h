// SPDX-License-Identifier: Apache-2.0
//
// `waymark-lab serve APP …`: one server process of the lab. A messenger (app_mail.c), or one of the
// services every phone speaks with by itself (app_beat.c): check, time, push.
#pragma once

#include "conf/conf.h"
#include "sys/loop.h"

#define SERVE_CHECK "check"
#define SERVE_TIME  "time"
#define SERVE_PUSH  "push"

struct serve_config {
	const char *app; // messenger's name, or one of the above
	char name[256];  // in the certificate; offices of one messenger share it
	char office[64]; // this server among the offices
	char ca[512], cert[512], key[512];
	struct addr listen;    // family 0: every address
	uint64_t port;         // 0: the kernel chooses
	struct conf_list peer; // OFFICE=ADDRESS,PORT
};

// Each starts on the loop and says which port it has; they live as long as the process.
enum err mail_start(struct loop *l, const struct serve_config *c, uint16_t *port,
		    struct fault *f) MUSTUSE;
enum err beat_start(struct loop *l, const struct serve_config *c, uint16_t *port,
		    struct fault *f) MUSTUSE;

// The port an app has unless told otherwise.
uint16_t serve_port(const char *app);
bool serve_is_messenger(const char *app);

int verb_serve(int argc, char **argv);
