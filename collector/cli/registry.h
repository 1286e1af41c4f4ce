// SPDX-License-Identifier: Apache-2.0
//
// Who and what is known: `waymark node | phone | operator | setting`.
#pragma once

int node_verb(int argc, char **argv);
int phone_verb(int argc, char **argv);
int operator_verb(int argc, char **argv);
int setting_verb(int argc, char **argv);
