// SPDX-License-Identifier: Apache-2.0
//
// Who and what is known: `waymark node | phone | operator | setting`.
#pragma once

int registry_node(int argc, char **argv);
int registry_phone(int argc, char **argv);
int registry_operator(int argc, char **argv);
int registry_setting(int argc, char **argv);
