// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tunnel/uapi.h"

#include "unit/agent/tunnel/example.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS "2222222222222222222222222222222222222222222222222222222222222222"

static void writes_a_gateways_peer(void **state)
{
	(void)state;
	uint8_t room[UAPI_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	struct tunnel_config c = example_config(TUNNEL_GATEWAY);
	struct wireguard_config wg;
	const char *golden = "set=1\nprivate_key=" ONES "\nreplace_peers=true\npublic_key=" TWOS
			     "\nendpoint=198.18.3.2:51820\nreplace_allowed_ips=true\n"
			     "allowed_ip=0.0.0.0/0\nallowed_ip=::/0\n"
			     "persistent_keepalive_interval=25\n\n";
	wireguard_config_of(&c, &wg);
	uapi_write(&w, &wg);
	assert_int_equal(w.err, ERR_OK);
	assert_int_equal(w.len, strlen(golden));
	assert_memory_equal(room, golden, w.len);
}

static void writes_a_vantages_peer(void **state)
{
	(void)state;
	uint8_t room[UAPI_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	struct tunnel_config c = example_config(TUNNEL_VANTAGE);
	struct wireguard_config wg;
	const char *golden = "set=1\nprivate_key=" ONES
			     "\nlisten_port=51820\nreplace_peers=true\npublic_key=" TWOS
			     "\nendpoint=[2001:db8::9]:7\nreplace_allowed_ips=true\n"
			     "allowed_ip=198.19.0.2/32\nallowed_ip=2001:db8::2/128\n"
			     "allowed_ip=198.18.71.2/32\nallowed_ip=2001:db8:71::/64\n\n";
	c.endpoint = example_addr("2001:db8::9");
	c.endpoint_port = 7;
	wireguard_config_of(&c, &wg);
	uapi_write(&w, &wg);
	assert_int_equal(w.len, strlen(golden));
	assert_memory_equal(room, golden, w.len);
}

static void reads_a_state(void **state)
{
	(void)state;
	struct uapi_reply r;
	const char *text = "private_key=" ONES "\nlisten_port=51820\npublic_key=" TWOS
			   "\npreshared_key=" ONES "\nprotocol_version=1\n"
			   "endpoint=[2001:db8::9]:7\nlast_handshake_time_sec=1700000000\n"
			   "last_handshake_time_nsec=5\ntx_bytes=180\nrx_bytes=92\n"
			   "persistent_keepalive_interval=25\nallowed_ip=::/0\nerrno=0\n\n";
	assert_int_equal(uapi_read(span_text(text), &r), ERR_OK);
	assert_int_equal(r.error, 0);
	assert_int_equal(r.state.listen_port, 51820);
	assert_true(addr_eq(r.state.endpoint, example_addr("2001:db8::9")));
	assert_int_equal(r.state.endpoint_port, 7);
	assert_int_equal(r.state.handshake.ns, 1700000000000000005LL);
	assert_int_equal(r.state.tx_bytes, 180);
	assert_int_equal(r.state.rx_bytes, 92);
	// Anything less is a beginning.
	for (size_t len = 0; len < strlen(text); len++)
		assert_int_equal(uapi_read(span_of(text, len), &r), ERR_SHORT);
}

static void an_errno_of_either_sign_is_an_error(void **state)
{
	(void)state;
	struct uapi_reply r;
	assert_int_equal(uapi_read(span_text("errno=-98\n\n"), &r), ERR_OK);
	assert_int_equal(r.error, 98);
	assert_int_equal(uapi_read(span_text("errno=98\n\n"), &r), ERR_OK);
	assert_int_equal(r.error, 98);
}

static void refuses_nonsense(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"\n",
		"a\n",
		"listen_port=1\n\n",
		"listen_port=65536\nerrno=0\n\n",
		"listen_port=\nerrno=0\n\n",
		"endpoint=1.2.3.4\nerrno=0\n\n",
		"endpoint=:1\nerrno=0\n\n",
		"rx_bytes=-1\nerrno=0\n\n",
		"last_handshake_time_sec=9223372036854775807\nerrno=0\n\n",
		"last_handshake_time_nsec=1000000000\nerrno=0\n\n",
		"errno=x\n\n",
	};
	struct uapi_reply r;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(uapi_read(span_text(bad[i]), &r), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_gateways_peer),
		cmocka_unit_test(writes_a_vantages_peer),
		cmocka_unit_test(reads_a_state),
		cmocka_unit_test(an_errno_of_either_sign_is_an_error),
		cmocka_unit_test(refuses_nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
