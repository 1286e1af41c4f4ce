// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/apps.h"
#include "lab/names.h"

static const char *const world_text =
	"world w\n"
	"as 64512 \"One\"\n"
	"router fra1 as=64512 country=DE city=Frankfurt at=50.11,8.68\n"
	"router sha1 as=64512 country=CN city=Shanghai at=31.23,121.47\n"
	"link fra1 sha1\n"
	"host ns-de kind=resolver router=fra1\n"
	"host ns-cn kind=resolver router=sha1\n"
	"host wx-cn kind=server router=sha1 app=wechat names=long.wechat.example serves=CN\n"
	"host wx-de kind=server router=fra1 app=wechat names=long.wechat.example,wx.example "
	"port=99\n"
	"host bg kind=server router=fra1 app=push names=push.example\n"
	"host de1 kind=vantage router=fra1\n"
	"host gw kind=gateway router=fra1\n"
	"host p1 kind=phone gateway=gw\n"
	"host p2 kind=phone gateway=gw resolver=198.18.1.10 family=4 noise=no\n";

struct scene {
	struct world *w;
	struct arena text;
	char line[4000];
};

static void scene_open(struct scene *s, const char *text)
{
	struct fault f = { 0 };
	memset(s, 0, sizeof(*s));
	if (world_read(span_text(text), "w", &s->w, &f) != ERR_OK)
		fail_msg("%s", f.what);
	arena_init(&s->text, 1 << 20);
}

static void scene_close(struct scene *s)
{
	arena_wipe(&s->text);
	world_free(&s->w);
}

static enum err line_of(struct scene *s, const char *host, struct fault *f)
{
	struct apps_config c = {
		.world = s->w, .lab = "w", .program = "waymark-lab", .run_dir = "/r"
	};
	const char *const *argv;
	enum err err = apps_argv(&c, world_host_find(s->w, host), &s->text, &argv, f);
	s->line[0] = '\0';
	for (size_t i = 0; err == ERR_OK && argv[i] != NULL; i++) {
		strcat(s->line, i > 0 ? " " : "");
		strcat(s->line, argv[i]);
	}
	return err;
}

static void a_host_s_attributes_become_a_command_line(void **state)
{
	struct scene s;
	struct fault f;
	(void)state;
	scene_open(&s, world_text);
	assert_int_equal(line_of(&s, "wx-cn", &f), ERR_OK);
	assert_string_equal(s.line, "waymark-lab serve wechat --name=long.wechat.example "
				    "--office=wx-cn --port=8080 --ca=/r/ca.pem "
				    "--cert=/r/wx-cn.pem --key=/r/wx-cn.key "
				    "--peer=wx-de=198.18.1.11,99");
	assert_int_equal(line_of(&s, "bg", &f), ERR_OK);
	assert_string_equal(s.line, "waymark-lab serve push --name=push.example --office=bg "
				    "--port=5228 --ca=/r/ca.pem --cert=/r/bg.pem --key=/r/bg.key");
	assert_int_equal(line_of(&s, "p1", &f), ERR_OK);
	assert_string_equal(s.line, "waymark-lab phone --control=/r/p1.sock --ca=/r/ca.pem "
				    "--resolver=198.19.1.1 --app=wechat=long.wechat.example,8080 "
				    "--push=push.example,5228");
	assert_int_equal(line_of(&s, "p2", &f), ERR_OK);
	assert_string_equal(s.line, "waymark-lab phone --control=/r/p2.sock --ca=/r/ca.pem "
				    "--resolver=198.18.1.10 --family=4 "
				    "--app=wechat=long.wechat.example,8080");
	assert_int_equal(line_of(&s, "ns-de", &f), ERR_OK);
	assert_string_equal(s.line, "dnsmasq --keep-in-foreground --conf-file=/r/ns-de.dns");
	assert_int_equal(line_of(&s, "de1", &f), ERR_MISSING);
	scene_close(&s);
}

static void a_server_without_its_words_is_told(void **state)
{
	struct scene s;
	struct fault f = { 0 };
	(void)state;
	scene_open(&s, "world w\nas 1 \"One\"\n"
		       "router a as=1 country=DE city=X at=50,8\n"
		       "host s kind=server router=a names=x.example\n"
		       "host t kind=server router=a app=check names=x.example port=70000\n");
	assert_int_equal(line_of(&s, "s", &f), ERR_USAGE);
	assert_string_equal(f.what, "line 4: server s needs app= and names=");
	assert_int_equal(line_of(&s, "t", &f), ERR_USAGE);
	assert_string_equal(f.what, "line 5: server t: port= needs 1..65535");
	scene_close(&s);
}

static char *names_of(struct scene *s, const char *resolver)
{
	char *text = malloc(NAMES_CONF_MAX);
	struct wr w = wr_of(text, NAMES_CONF_MAX - 1);
	assert_non_null(text);
	names_write(&w, s->w, world_host_find(s->w, resolver));
	assert_int_equal(w.err, ERR_OK);
	text[w.len] = '\0';
	return text;
}

static void a_name_leads_to_the_server_of_the_resolver_s_country(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, world_text);
	char *de = names_of(&s, "ns-de"), *cn = names_of(&s, "ns-cn");
	assert_non_null(strstr(de, "host-record=long.wechat.example,198.18.1.11,"));
	assert_null(strstr(de, "host-record=long.wechat.example,198.18.2"));
	assert_non_null(strstr(cn, "host-record=long.wechat.example,198.18.2.11,"));
	assert_null(strstr(cn, "host-record=long.wechat.example,198.18.1"));
	assert_non_null(strstr(cn, "host-record=wx.example,198.18.1.11,"));
	free(de);
	free(cn);
	scene_close(&s);
}

static void every_address_has_its_host_s_name_first(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, world_text);
	char *de = names_of(&s, "ns-de");
	const char *own = strstr(de, "host-record=wx-de.lab.example,198.18.1.11,2001:db8:1::");
	const char *service = strstr(de, "host-record=long.wechat.example");
	assert_non_null(own);
	assert_true(own < service);
	assert_non_null(strstr(de, "host-record=fra1.lab.example,198.18.1.1,2001:db8:1::1\n"));
	assert_non_null(strstr(de, "listen-address=198.18.1.10\n"));
	free(de);
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_s_attributes_become_a_command_line),
		cmocka_unit_test(a_server_without_its_words_is_told),
		cmocka_unit_test(a_name_leads_to_the_server_of_the_resolver_s_country),
		cmocka_unit_test(every_address_has_its_host_s_name_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
