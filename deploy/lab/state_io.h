// SPDX-License-Identifier: Apache-2.0
//
// What a running lab leaves on disk so that others can find and end it: /run/waymark-lab/NAME with
//
//	lock        locked (fcntl) by the simulator as long as it lives; its pid as text
//	world.conf  the world as it was read
//	spaces      the namespaces, one a line, written before the first is made
//	stats       one JSON line, renewed every second
//	programs    what runs in the hosts: host, program, pid (apps.h), and beside it its files
//	log         what the simulator has to say
//	etc/HOST/   resolv.conf, hosts, wireguard/: what `exec` puts over /etc and /run/wireguard
#pragma once

#include <sys/types.h>

#include "lab/world.h"

#define STATE_DIR  "/run/waymark-lab"
#define STATE_FILE 80  // of a file name below one lab's folder
#define STATE_PATH 256 // of a whole path

void state_path(const char *lab, const char *file, char out[static STATE_PATH]);

// Takes the name: clears what a killed lab of that name left, makes the folder, holds the lock
// until *LOCK is closed. ERR_EXISTS while another one lives.
enum err state_make(const char *lab, const struct world *w, struct span text, int *lock,
		    struct fault *f) MUSTUSE;

// The simulator's pid, 0 when it is dead. ERR_MISSING: no lab of that name.
enum err state_pid(const char *lab, pid_t *pid, struct fault *f) MUSTUSE;

// Ends the processes in the lab, its namespaces and its folder; whatever is missing is fine.
void state_clear(const char *lab);

// LAB empty: the only lab there is, copied into it.
enum err state_find(char lab[static WORLD_NAME_MAX + 1], struct fault *f) MUSTUSE;

// Calls FN for every lab, running or left over.
typedef enum err state_each_fn(const char *lab, void *self);
enum err state_each(state_each_fn *fn, void *self) MUSTUSE;
