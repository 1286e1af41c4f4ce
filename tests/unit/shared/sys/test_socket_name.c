// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/socket_name.h"

static void a_name_comes_back(void **state)
{
	(void)state;
	static const struct addr addrs[] = {
		{ 4, { 198, 18, 3, 1 } },
		{ 6, { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7 } },
	};
	for (size_t i = 0; i < 2; i++) {
		union socket_name name;
		uint16_t port = 0;
		assert_int_equal(socket_name_of(addrs[i], 5353, &name),
				 i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		assert_int_equal(socket_name_len(&name),
				 i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		assert_int_equal(i == 0 ? name.in4.sin_port : name.in6.sin6_port, htons(5353));
		assert_true(addr_eq(socket_name_addr(&name, &port), addrs[i]));
		assert_int_equal(port, 5353);
		assert_true(addr_eq(socket_name_addr(&name, NULL), addrs[i]));
	}
}

static void no_family_is_any_address_of_ipv6(void **state)
{
	(void)state;
	union socket_name name;
	assert_int_equal(socket_name_of((struct addr){ 0 }, 53, &name),
			 sizeof(struct sockaddr_in6));
	assert_int_equal(name.any.sa_family, AF_INET6);
	assert_memory_equal(&name.in6.sin6_addr, &in6addr_any, 16);
}

static void the_port_the_kernel_chose_is_told(void **state)
{
	(void)state;
	union socket_name name;
	socklen_t len = socket_name_of(addr_v4(0x7f000001), 0, &name);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, &name.any, len), 0);
	assert_int_not_equal(socket_port(fd), 0);
	close(fd);
	assert_int_equal(socket_port(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_comes_back),
		cmocka_unit_test(no_family_is_any_address_of_ipv6),
		cmocka_unit_test(the_port_the_kernel_chose_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
