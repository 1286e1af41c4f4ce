// SPDX-License-Identifier: Apache-2.0
//
// `waymark db …`: the database itself.
#pragma once

int db_verb(int argc, char **argv);

// `waymark db check`, in its own file.
int db_check(int argc, char **argv);
