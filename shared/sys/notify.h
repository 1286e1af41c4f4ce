// SPDX-License-Identifier: Apache-2.0
//
// sd_notify(3) without its library: tells the service manager, if $NOTIFY_SOCKET names one.
#pragma once

void notify_send(const char *state); // "READY=1"; nobody listening is fine
