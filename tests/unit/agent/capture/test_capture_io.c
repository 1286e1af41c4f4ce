// SPDX-License-Identifier: Apache-2.0
//
// What reading a capture file comes to: tests/data/vectors/outcome.tsv says it of real and
// malformed ones, and files made here break at offsets that are known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/wr.h"
#include "capture/capture_io.h"
#include "capture/flow.h"

#define TABLE   "tests/data/vectors/outcome.tsv"
#define IN_TREE 68 // rows of it whose file lies in the tree

struct outcome {
	unsigned long frames, ip, answers;
	char end[FAULT_TEXT]; // "read", or offset and reason
};

struct reading {
	struct flow_table *flows;
	struct outcome *out;
};

static void on_packet(void *self, const struct packet *p)
{
	struct reading *r = self;
	struct flow_event e;
	assert_int_equal(flow_hear(r->flows, p), ERR_OK);
	r->out->frames++;
	while (flow_next(r->flows, &e))
		r->out->answers += e.kind == FLOW_ANSWER && !e.quoted;
}

static void read_file(const char *path, struct outcome *out)
{
	struct flow_config config = flow_config_file;
	struct capture *c = NULL;
	struct fault f = { .what = "" };
	config.flows = 4096;
	*out = (struct outcome){ 0 };
	struct reading r = { .flows = flow_table_new(&config), .out = out };
	assert_non_null(r.flows);
	enum err err = capture_open_file(&c, path, NULL, NULL, &f);
	while (err == ERR_OK)
		err = capture_read(c, 64, on_packet, &r, &f);
	struct flow_counters n = flow_counted(r.flows);
	out->ip = (unsigned long)(n.packets - n.other - n.broken - n.unknown_link);
	const char *offset = strstr(f.what, ": offset ");
	if (c != NULL && err == ERR_MISSING)
		strcpy(out->end, "read");
	else if (offset != NULL)
		strcpy(out->end, offset + 2);
	capture_close(&c);
	flow_table_free(&r.flows);
}

static bool is_there(char *to, size_t cap, const char *where, const char *file)
{
	snprintf(to, cap, "%s/%s", where, file);
	return access(to, R_OK) == 0;
}

// In the tree, else beside it, where not everything may be there.
static bool place_of(char *to, size_t cap, const char *file, bool *in_tree)
{
	const char *name = strrchr(file, '/'), *shared = getenv("WAYMARK_SHARED");
	char beside[512];
	snprintf(beside, sizeof(beside), "%s/data/f_wire_vectors",
		 shared != NULL ? shared : "../shared");
	*in_tree = is_there(to, cap, "tests/data/vectors", file) ||
		   is_there(to, cap, "tests/data/hellos", file) ||
		   is_there(to, cap, "tests/data/capture", name != NULL ? name + 1 : file);
	return *in_tree || is_there(to, cap, beside, file);
}

static void each_capture_comes_to_what_is_known_of_it(void **state)
{
	char line[1024], file[256], path[1024];
	size_t here = 0, beside = 0, absent = 0, bad = 0;
	FILE *table = fopen(TABLE, "re");
	(void)state;
	assert_non_null(table);
	while (fgets(line, sizeof(line), table) != NULL) {
		struct outcome want = { 0 }, got;
		bool in_tree;
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%255s %lu %lu %lu %199[^\n]", file, &want.frames,
					&want.ip, &want.answers, want.end),
				 5);
		if (!place_of(path, sizeof(path), file, &in_tree)) {
			absent++;
			continue;
		}
		*(in_tree ? &here : &beside) += 1;
		read_file(path, &got);
		if (got.frames == want.frames && got.ip == want.ip && got.answers == want.answers &&
		    strcmp(got.end, want.end) == 0)
			continue;
		bad++;
		print_error("%s: frames %lu of %lu, IP %lu of %lu, answers %lu of %lu, \"%s\" not "
			    "\"%s\"\n",
			    path, got.frames, want.frames, got.ip, want.ip, got.answers,
			    want.answers, got.end, want.end);
	}
	fclose(table);
	print_message("# %zu captures of the tree, %zu from beside it, %zu absent\n", here, beside,
		      absent);
	assert_int_equal(here, IN_TREE);
	assert_int_equal(bad, 0);
}

// --- files that break ----------------------------------------------------------------------------

static uint8_t bytes[4096];
static struct wr file;

static void put_pcap_head(void)
{
	wr_le32(&file, 0xa1b2c3d4);
	wr_le16(&file, 2);
	wr_le16(&file, 4);
	for (int i = 0; i < 2; i++)
		wr_le32(&file, 0);
	wr_le32(&file, 65535);
	wr_le32(&file, 1);
}

// A frame of 60 bytes; LEN is what the header says of it.
static void put_record(uint32_t len)
{
	wr_le32(&file, 1);
	wr_le32(&file, 0);
	wr_le32(&file, len);
	wr_le32(&file, len);
	for (int i = 0; i < 60; i++)
		wr_u8(&file, 0);
}

static void put_block(uint32_t type, uint32_t len, uint32_t behind, const uint32_t *words)
{
	wr_le32(&file, type);
	wr_le32(&file, len);
	for (uint32_t i = 0; i < len / 4 - 3 && i < 64; i++)
		wr_le32(&file, words[i]);
	wr_le32(&file, behind);
}

static void put_ng_head(void)
{
	put_block(0x0a0d0d0a, 28, 28, (const uint32_t[]){ 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff });
	put_block(1, 20, 20, (const uint32_t[]){ 1, 65535 });
}

static void put_packet(uint32_t interface, uint32_t kept, uint32_t behind)
{
	put_block(6, 48, behind, (const uint32_t[]){ interface, 0, 1, kept, kept, 0, 0, 0, 0 });
}

static void ends_after(size_t frames, const char *want)
{
	char path[] = "/tmp/waymark-capture-XXXXXX", told[FAULT_TEXT];
	struct outcome got;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, file.len), (ssize_t)file.len);
	close(fd);
	read_file(path, &got);
	unlink(path);
	assert_int_equal(got.frames, frames);
	snprintf(told, sizeof(told), "offset %s", want);
	if (strncmp(got.end, told, strlen(told)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", got.end, told);
}

static void ends(const char *want)
{
	ends_after(2, want);
}

static size_t begin_pcap(void)
{
	file = wr_of(bytes, sizeof(bytes));
	put_pcap_head();
	put_record(60);
	put_record(60);
	return file.len; // 176
}

static void a_pcap_file_is_read_up_to_where_it_breaks(void **state)
{
	(void)state;
	assert_int_equal(begin_pcap(), 176);
	for (size_t more = 1; more < 16; more++) {
		char want[64];
		begin_pcap();
		put_record(60);
		file.len = 176 + more;
		snprintf(want, sizeof(want), "%zu, after 2 packets: truncated dump file",
			 176 + more);
		ends(want);
	}
	begin_pcap();
	put_record(61);
	ends("252, after 2 packets: truncated dump file");
	begin_pcap();
	put_record(0x40000000);
	ends("192, after 2 packets: invalid packet capture length");
}

// As the patched libpcap of RedHat 6.1 wrote them, under the magic of the ordinary ones.
static void longer_record_headers_are_refused(void **state)
{
	(void)state;
	file = wr_of(bytes, sizeof(bytes));
	put_pcap_head();
	for (int i = 0; i < 3; i++) {
		put_record(60);
		wr_u32(&file, 0);
		wr_u32(&file, 0);
	}
	ends_after(0, "24: record headers of 24 bytes");
}

static size_t begin_ng(void)
{
	file = wr_of(bytes, sizeof(bytes));
	put_ng_head();
	put_packet(0, 16, 48);
	put_packet(0, 16, 48);
	return file.len; // 144
}

static void a_pcapng_file_is_read_up_to_the_block_that_breaks(void **state)
{
	static const uint32_t nothing[64];
	(void)state;
	assert_int_equal(begin_ng(), 144);
	wr_le32(&file, 6);
	ends("144, after 2 packets: the file ends within a block's head");
	begin_ng();
	put_packet(0, 16, 48);
	file.len--;
	ends("144, after 2 packets: the file ends within a block");
	begin_ng();
	put_packet(0, 16, 44); // the two lengths differ
	ends("144, after 2 packets: a damaged block");
	begin_ng();
	put_packet(1, 16, 48); // of an interface that nobody described
	ends("144, after 2 packets: a damaged block");
	begin_ng();
	put_packet(0, 17, 48); // more than the block holds
	ends("144, after 2 packets: a damaged block");
	for (uint32_t len = 0; len < 12; len++) {
		begin_ng();
		wr_le32(&file, 6);
		wr_le32(&file, len);
		wr_le32(&file, 0);
		ends("144, after 2 packets: no pcapng block begins here");
	}
	begin_ng();
	put_block(6, 0x7ffffffc, 0x7ffffffc, nothing);
	ends("144, after 2 packets: no pcapng block begins here");
	begin_ng();
	put_block(0x0a0d0d0a, 28, 28, nothing); // a section of no byte order
	ends("144, after 2 packets: no pcapng block begins here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_capture_comes_to_what_is_known_of_it),
		cmocka_unit_test(a_pcap_file_is_read_up_to_where_it_breaks),
		cmocka_unit_test(longer_record_headers_are_refused),
		cmocka_unit_test(a_pcapng_file_is_read_up_to_the_block_that_breaks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
