// SPDX-License-Identifier: Apache-2.0
#pragma once

// `waymark discover PREFIX… | --list FILE`
int discover_run(int argc, char **argv);
