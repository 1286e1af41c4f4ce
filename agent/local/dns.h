// SPDX-License-Identifier: Apache-2.0
//
// `waymark dns`: every name at every resolver, with no collector.
#pragma once

int dns_run(int argc, char **argv);
