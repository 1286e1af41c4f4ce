// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/path.h"
#include "lab/world.h"

#define GROUND                                                                                     \
	"world w\nas 1 \"One, two\"\n"                                                             \
	"router a as=1 country=DE city=Berlin at=52.52,13.41\n"                                    \
	"router b as=1 country=FR city=\"Le Mans\" at=48,0.2 silent icmp-rate=5 ttl=64\n"

static struct world *world(const char *text)
{
	struct world *w = NULL;
	struct fault f = { 0 };
	enum err err = world_read(span_text(text), "w.conf", &w, &f);

	if (err != ERR_OK)
		print_message("%s\n", f.what);
	assert_int_equal(err, ERR_OK);
	return w;
}

static void is(struct addr a, const char *want)
{
	char text[ADDR_TEXT];

	addr_write(a, text);
	assert_string_equal(text, want);
}

static void gives_everybody_an_address(void **state)
{
	(void)state;
	struct world *w = world(GROUND "link a b\n"
				       "host x kind=vantage router=b\n"
				       "host g kind=gateway router=b v4=198.18.99.7\n"
				       "host p kind=phone gateway=g\nhost q kind=phone gateway=g");

	is(w->routers[1].v4, "198.18.2.1");
	is(w->routers[1].v6, "2001:db8:2::1");
	is(world_host_find(w, "x")->v4, "198.18.2.10");
	is(world_host_find(w, "x")->v6, "2001:db8:2::a");
	is(world_host_find(w, "g")->v4, "198.18.99.7");
	is(world_host_find(w, "g")->lan_v4, "198.19.1.1");
	is(world_host_find(w, "q")->v4, "198.19.1.11");
	is(world_host_find(w, "q")->v6, "2001:db8:8001::b");
	assert_string_equal(world_host_country(w, world_host_find(w, "q")), "FR");
	world_free(&w);
	assert_null(w);
}

static void keeps_attributes_for_the_programs_in_the_hosts(void **state)
{
	(void)state;
	struct world *w =
		world(GROUND "link a b\nhost x kind=v router=b app=wechat names=p,q quiet");
	const struct world_host *x = world_host_find(w, "x");

	assert_string_equal(world_attr_find(x, "app"), "wechat");
	assert_string_equal(world_attr_find(x, "quiet"), "");
	assert_null(world_attr_find(x, "none"));
	assert_true(world_attr_item(x, "names", 1).len == 1);
	assert_null(world_attr_item(x, "names", 2).at);
	assert_null(world_attr_item(x, "none", 0).at);
	world_free(&w);
}

static void takes_delay_from_distance(void **state)
{
	(void)state;
	struct world *w = world("stretch 2\n" GROUND "link a b\nlink a b delay=7ms loss=50%\n"
				"host x kind=v router=a");
	double km = world_distance(52.52, 13.41, 48, 0.2);

	assert_true(fabs(km - 1070) < 20);
	assert_true(llabs(w->links[0].delay - (int64_t)(km * 2 / 200 * 1e6)) < 10);
	assert_int_equal(w->links[1].delay, 7 * NS_PER_MS);
	assert_true(w->links[1].loss > 0.49 && w->links[1].loss < 0.51);
	world_free(&w);
}

static void finds_who_holds_an_address(void **state)
{
	(void)state;
	struct world *w = world(GROUND "link a b\nhost g kind=gateway router=b\n"
				       "host p kind=phone gateway=g");
	struct addr nobody = addr_v4(198u << 24 | 18u << 16 | 2u << 8 | 200);
	struct world_place place = world_place_find(w, w->hosts[1].v4);

	assert_int_equal(place.router, 1);
	assert_int_equal(place.host, 0); // a phone is reached through its gateway
	place = world_place_find(w, nobody);
	assert_int_equal(place.router, 1);
	assert_int_equal(place.host, WORLD_NONE);
	assert_false(place.self);
	assert_true(world_place_find(w, w->routers[0].v6).self);
	assert_int_equal(world_place_find(w, addr_v4(1)).router, WORLD_NONE);
	world_free(&w);
}

static void complains_with_file_line_and_remedy(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "w.conf:1: no \"world NAME\" line" },
		{ "world w\nfoo bar", "w.conf:2: \"foo\" is no statement" },
		{ "world w\nworld v", "w.conf:2: a second \"world\"" },
		{ "world ../w", "w.conf:1: world needs a name" },
		{ "world w\nstretch 0.5", "w.conf:2: stretch needs" },
		{ "world w\nas x y", "w.conf:2: write: as NUMBER" },
		{ GROUND "router a as=1 country=DE at=1,2", "w.conf:5: router a is there already" },
		{ GROUND "router c as=2 country=DE at=1,2", "w.conf:5: as=2 is wrong" },
		{ GROUND "router c as=1 country=de at=1,2", "w.conf:5: country=de is wrong" },
		{ GROUND "router c as=1 country=DE at=91,2", "w.conf:5: at=91,2 is wrong" },
		{ GROUND "router c as=1 country=DE", "w.conf:5: router c needs" },
		{ GROUND "router c as=1 country=DE at=1,2 v4=10.0.0.1", "v4=10.0.0.1 is no lab" },
		{ GROUND "router c color=red", "w.conf:5: a router has no \"color\"" },
		{ GROUND "router c loud", "w.conf:5: a router has no \"loud\"" },
		{ GROUND "router c as=1 country=DE at=1,2 mpls=1048576:0:1", "w.conf:5: mpls=" },
		{ GROUND "router c as=1 country=DE at=1,2 mpls=16:0:1,", "w.conf:5: mpls=" },
		{ GROUND "router c as=1 country=DE at=1,2 mpls=16:8:1", "w.conf:5: mpls=" },
		{ GROUND "router c as=1 country=DE at=1,2 mpls=16:0", "w.conf:5: mpls=" },
		{ GROUND "router c as=1 country=DE at=1,2 mpls=1:0:1,2:0:1,3:0:1,4:0:1,5:0:1,6:0:1,"
			 "7:0:1,8:0:1,9:0:1",
		  "w.conf:5: mpls=" },
		{ GROUND "link a c", "w.conf:5: router c is not known; declare it above" },
		{ GROUND "link a a", "w.conf:5: a link needs two different" },
		{ GROUND "link a b delay=5", "w.conf:5: delay=5 is wrong" },
		{ GROUND "link a b loss=101%", "w.conf:5: loss=101% is wrong" },
		{ GROUND "link a b mtu=900", "w.conf:5: mtu=900 is wrong" },
		{ GROUND "host x kind=v", "w.conf:5: host x needs router= or gateway=" },
		{ GROUND "host x router=a", "w.conf:5: host x needs kind=" },
		{ GROUND "host x kind=v router=a city=\"open", "w.conf:5: a quote is open" },
		{ GROUND "host x kind=p gateway=y", "w.conf:5: gateway y is no host" },
		{ GROUND "host x kind=v router=a app=1 app=2", "w.conf:5: app= is given twice" },
		{ GROUND "link a b\nhost x kind=v router=a dns=y\n#",
		  "w.conf:6: dns=y is no host" },
		{ GROUND "link a b\nhost x kind=v router=a v4=198.18.2.1",
		  "w.conf:6: x has the address 198.18.2.1 of b" },
		{ GROUND "host x kind=v router=a", "w.conf:4: no chain of links joins router b" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world *w = NULL;
		struct fault f = { 0 };
		assert_int_equal(world_read(span_text(cases[i].text), "w.conf", &w, &f), ERR_USAGE);
		assert_null(w);
		if (!strstr(f.what, cases[i].want))
			fail_msg("\"%s\" does not say \"%s\"", f.what, cases[i].want);
		assert_non_null(strpbrk(f.what, ";:"));
	}
}

static struct route_path paths[ROUTE_PATHS_MAX];

static void keeps_every_path_of_equal_cost(void **state)
{
	(void)state;
	struct world *w =
		world(GROUND "router c as=1 country=GB at=1,1\nrouter d as=1 country=GB at=1,1\n"
			     "link a c delay=1ms\nlink a d delay=2ms\nlink c b delay=2ms\n"
			     "link d b delay=1ms\nlink a b delay=9ms\nlink a c delay=1ms\n"
			     "host x kind=v router=a\nhost y kind=v router=b");
	struct route *r = route_new(w);
	struct route_hop hops[ROUTE_EQUAL_MAX];
	static struct path p;

	assert_int_equal(route_next(r, 0, 1, hops), 3); // two parallel links to c, one to d
	assert_int_equal(route_paths(r, 0, 1, paths, ROUTE_PATHS_MAX), 2);
	assert_int_equal(paths[0].routers[1], 2);
	assert_int_equal(paths[1].routers[1], 3);
	assert_int_equal(route_delay(w, &paths[1], 2), 3 * NS_PER_MS);
	path_list(w, &w->hosts[0], &w->hosts[1], &paths[0], &p);
	assert_int_equal(p.count, 4);
	assert_string_equal(p.hops[3].name, "y");
	assert_int_equal(p.hops[3].delay, 3 * NS_PER_MS + 2 * WORLD_ACCESS);
	assert_int_equal(route_paths(r, 0, 0, paths, ROUTE_PATHS_MAX), 1);
	route_free(&r);
	world_free(&w);
}

static void a_metric_outweighs_delay(void **state)
{
	(void)state;
	struct world *w =
		world(GROUND "router c as=1 country=GB at=1,1\n"
			     "link a b delay=1ms metric=100\n"
			     "link a c delay=50ms metric=10\nlink c b delay=50ms metric=10\n"
			     "host x kind=v router=a");
	struct route *r = route_new(w);

	assert_int_equal(route_paths(r, 0, 1, paths, ROUTE_PATHS_MAX), 1);
	assert_int_equal(paths[0].count, 3);
	route_free(&r);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_everybody_an_address),
		cmocka_unit_test(keeps_attributes_for_the_programs_in_the_hosts),
		cmocka_unit_test(takes_delay_from_distance),
		cmocka_unit_test(finds_who_holds_an_address),
		cmocka_unit_test(complains_with_file_line_and_remedy),
		cmocka_unit_test(keeps_every_path_of_equal_cost),
		cmocka_unit_test(a_metric_outweighs_delay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
