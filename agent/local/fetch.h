// SPDX-License-Identifier: Apache-2.0
#pragma once

// `waymark fetch ADDRESS DOMAIN…`
int fetch_run(int argc, char **argv);
