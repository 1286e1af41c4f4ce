// SPDX-License-Identifier: Apache-2.0
//
// `waymark-lab phone …`: one phone of the lab, a process in the phone's namespace. Its messengers
// are opened and used over the control socket (wire/phone_line.h); what it says by itself is in
// phone_noise.h.
#pragma once

int verb_phone(int argc, char **argv);
