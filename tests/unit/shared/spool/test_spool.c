// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "spool/model.h"
#include "sys/file.h"

static struct model m;
static char dir[64];
static uint64_t seed = 88172645463325252ULL;

static uint64_t dice(uint64_t sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % sides;
}

static int setup(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	if (seal_start(NULL) != ERR_OK)
		return -1;
	seal_make(&m.secret, &m.public);
	// In memory where that is to be had: thousands of fsyncs tell of a disk, not of the spool.
	snprintf(dir, sizeof(dir), "%s/waymark-spool-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return dir_remove(dir, NULL) == ERR_OK ? 0 : -1;
}

static struct spool *open_spool(void)
{
	struct spool *s;
	struct fault f = { 0 };
	struct spool_config c = model_config(&m, dir);
	if (spool_open(&c, &s, &f) != ERR_OK)
		fail_msg("%s", f.what);
	return s;
}

static struct mono at(int64_t ms)
{
	return (struct mono){ ms * NS_PER_MS };
}

// Everything put is stored, in any order of deeds, whatever acks were lost.
static void random_deeds_store_everything_once(void **state)
{
	(void)state;
	struct spool *s = open_spool();
	uint64_t id = 0, now = 0;
	for (int step = 0; step < 4000; step++) {
		uint64_t what = dice(100);
		now += dice(300);
		if (what < 70 && id < MODEL_IDS)
			assert_int_equal(spool_put(s, model_record(id++, dice(3000)),
						   at((int64_t)now), NULL),
					 ERR_OK);
		else if (what < 80)
			assert_int_equal(spool_tick(s, at((int64_t)now), NULL), ERR_OK);
		else if (what < 83)
			assert_int_equal(spool_seal(s, NULL), ERR_OK);
		else if (what < 93)
			model_drain(&m, s, dice(6));
		else if (what < 98) // an ack, perhaps of less than was stored
			assert_int_equal(spool_ack(s, m.last - dice(m.last + 1), NULL), ERR_OK);
		else {
			spool_close(&s);
			s = open_spool();
			assert_int_equal(spool_found(s).records, id);
		}
		// Sealed or not, sent or not, opened anew or not.
		assert_int_equal(spool_place(s).records, id);
		assert_int_equal(spool_place(s).epoch, spool_state(s).epoch);
	}
	assert_int_equal(spool_seal(s, NULL), ERR_OK);
	model_drain(&m, s, UINT64_MAX);
	assert_int_equal(m.count, id);
	assert_int_equal(m.gaps, 0);
	assert_int_equal(spool_ack(s, m.last, NULL), ERR_OK);
	assert_true(spool_state(s).bytes < 600 * 1024);
	spool_close(&s);
}

static void a_second_agent_is_told_so(void **state)
{
	(void)state;
	struct spool *s = open_spool(), *other;
	struct spool_config c = model_config(&m, dir);
	struct fault f = { 0 };
	assert_int_equal(spool_open(&c, &other, &f), ERR_EXISTS);
	assert_null(other);
	assert_non_null(strstr(f.what, "another agent"));
	spool_close(&s);
}

static void work_until_killed(uint64_t first, volatile uint64_t *done)
{
	struct spool *s = open_spool();
	for (uint64_t id = first;; id++) {
		if (spool_put(s, model_record(id, dice(2000)), at((int64_t)id * 20), NULL) !=
		    ERR_OK)
			_exit(1);
		*done = id + 1;
		if (spool_tick(s, at((int64_t)id * 20), NULL) != ERR_OK)
			_exit(2);
		if (dice(40) == 0 && spool_ack(s, spool_state(s).first_unacked - 1, NULL) != ERR_OK)
			_exit(3);
	}
}

static void a_killed_agent_loses_nothing(void **state)
{
	(void)state;
	volatile uint64_t *done =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t first = 0, torn = 0;
	assert_ptr_not_equal(done, MAP_FAILED);
	for (int round = 0; round < 25; round++) {
		int status;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			work_until_killed(first, done);
		usleep((useconds_t)(1000 + dice(15000)));
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		struct spool *s = open_spool();
		uint64_t found = spool_found(s).records, gaps = m.gaps;
		assert_int_equal(spool_seal(s, NULL), ERR_OK);
		model_drain(&m, s, UINT64_MAX);
		assert_int_equal(found, m.count + gaps); // what is there, and not half a record
		// One more may have been journalled than was reported, or half of it.
		assert_in_range(m.count + m.lost - torn, *done, *done + 1);
		assert_true(m.lost - torn <= 1);
		for (uint64_t id = first; id < *done; id++)
			assert_int_equal(m.stored[id], 1);
		torn = m.lost;
		if (dice(3) > 0)
			assert_int_equal(spool_ack(s, m.last, NULL), ERR_OK);
		first = *done = m.count;
		spool_close(&s);
		seed += (uint64_t)round;
	}
	munmap((void *)(uintptr_t)done, 4096);
}

// Files of the spool as they are now, to be damaged one bit at a time.
struct copy {
	char path[128];
	char *bytes;
	size_t len;
};

static size_t take_copies(struct copy *c, size_t cap)
{
	char command[256], line[128];
	size_t n = 0;
	snprintf(command, sizeof(command), "ls %s/state %s/journal %s/*.seg 2>&-", dir, dir, dir);
	FILE *p = popen(command, "r");
	while (p != NULL && n < cap && fgets(line, sizeof(line), p) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(c[n].path, sizeof(c[n].path), "%s", line);
		assert_int_equal(file_read(line, 1 << 24, &c[n].bytes, &c[n].len, NULL), ERR_OK);
		n++;
	}
	pclose(p);
	return n;
}

static void put_back(const struct copy *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(file_write(c[i].path, 0600, span_of(c[i].bytes, c[i].len), NULL),
				 ERR_OK);
}

#define LIVE 900 // records of which some batches are acknowledged

static struct spool *filled(void)
{
	struct spool *s = open_spool();
	for (uint64_t id = 0; id < LIVE; id++) {
		assert_int_equal(spool_put(s, model_record(id, dice(2500)), at(0), NULL), ERR_OK);
		if (dice(12) == 0)
			assert_int_equal(spool_seal(s, NULL), ERR_OK);
		if (id == 40) {
			model_drain(&m, s, UINT64_MAX);
			assert_int_equal(spool_ack(s, m.last, NULL), ERR_OK);
		}
	}
	return s;
}

// After damage: opens, gives out the whole stream, and what is missing is counted.
static void assert_all_accounted(const struct model *before, bool exact)
{
	static struct model after;
	struct spool *s = NULL;
	struct spool_config c = model_config(&m, dir);
	struct fault f = { 0 };
	after = *before;
	if (spool_open(&c, &s, &f) != ERR_OK)
		fail_msg("%s", f.what);
	assert_int_equal(spool_seal(s, NULL), ERR_OK);
	model_drain(&after, s, UINT64_MAX);
	if (exact)
		assert_int_equal(after.count + after.lost, LIVE);
	assert_true(after.count + after.lost >= LIVE);
	spool_close(&s);
}

static void any_flipped_bit_is_counted_and_invents_nothing(void **state)
{
	(void)state;
	static struct copy files[16];
	static struct model before;
	struct spool *s = filled();
	before = m;
	spool_close(&s);
	size_t n = take_copies(files, COUNT(files));
	assert_true(n >= 4);
	for (int round = 0; round < 300; round++) {
		struct copy *c = &files[dice(n)];
		size_t bit = dice(8 * c->len);
		c->bytes[bit / 8] ^= (char)(1 << bit % 8);
		put_back(files, n);
		assert_all_accounted(&before, true);
		c->bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t i = 0; i < n; i++)
		free(files[i].bytes);
}

static void a_wiped_stretch_is_counted(void **state)
{
	(void)state;
	static struct copy files[16];
	static struct model before;
	struct spool *s = filled();
	before = m;
	spool_close(&s);
	size_t n = take_copies(files, COUNT(files));
	for (int round = 0; round < 60; round++) {
		struct copy *c = &files[dice(n - 2)]; // ls sorts: segments first
		size_t from = dice(c->len), len = dice(20000);
		if (len > c->len - from)
			len = c->len - from;
		char *was = malloc(len + 1);
		memcpy(was, c->bytes + from, len);
		memset(c->bytes + from, round % 2 == 0 ? 0 : 0xa5, len);
		put_back(files, n);
		assert_all_accounted(&before, true);
		memcpy(c->bytes + from, was, len);
		free(was);
	}
	for (size_t i = 0; i < n; i++)
		free(files[i].bytes);
}

static void a_torn_last_batch_comes_back_from_the_journal(void **state)
{
	(void)state;
	static struct copy old[16], new[16];
	struct spool *s = open_spool();
	for (uint64_t id = 0; id < 10; id++)
		assert_int_equal(spool_put(s, model_record(id, 500), at(0), NULL), ERR_OK);
	size_t n = take_copies(old, COUNT(old));
	assert_int_equal(spool_seal(s, NULL), ERR_OK);
	size_t k = take_copies(new, COUNT(new));
	spool_close(&s);
	// The machine died in the middle of the seal: the journal is as before, of the segment only
	// a part arrived.
	for (size_t cut = 0; cut < 6000; cut += 97) {
		static struct model fresh;
		fresh = m;
		for (size_t i = 0; i < k; i++)
			if (strstr(new[i].path, ".seg") != NULL && cut < new[i].len)
				assert_int_equal(file_write(new[i].path, 0600,
							    span_of(new[i].bytes, cut), NULL),
						 ERR_OK);
		put_back(old, n);
		s = open_spool();
		assert_int_equal(spool_seal(s, NULL), ERR_OK);
		model_drain(&fresh, s, UINT64_MAX);
		assert_int_equal(fresh.count, 10);
		assert_int_equal(fresh.gaps, 0);
		spool_close(&s);
	}
	for (size_t i = 0; i < k; i++)
		free(new[i].bytes);
	for (size_t i = 0; i < n; i++)
		free(old[i].bytes);
}

static void past_the_hard_limit_the_oldest_goes_and_is_counted(void **state)
{
	(void)state;
	struct spool_config c = model_config(&m, dir);
	struct spool *s;
	uint64_t id = 0;
	c.hard = 3 * c.segment;
	c.soft = 2 * c.segment;
	assert_int_equal(spool_open(&c, &s, NULL), ERR_OK);
	for (; id < 6000; id++) {
		assert_int_equal(spool_put(s, model_record(id, 1000), at(0), NULL), ERR_OK);
		if (id == 100) {
			model_drain(&m, s, UINT64_MAX);
			assert_int_equal(spool_ack(s, m.last, NULL), ERR_OK);
		}
		assert_true(spool_state(s).bytes <= c.hard + 400 * 1024);
		if (id == 3000 || id == 4000) {
			spool_close(&s);
			assert_int_equal(spool_open(&c, &s, NULL), ERR_OK);
		}
	}
	assert_true(spool_state(s).pressed);
	assert_int_equal(spool_seal(s, NULL), ERR_OK);
	model_drain(&m, s, UINT64_MAX);
	assert_true(m.lost > 3000);
	assert_int_equal(m.count + m.lost, id);
	spool_close(&s);
}

// A file system of 2 MiB that is mounted nowhere, reached through its descriptor: nothing of it can
// show outside this process, in a chroot either.
static bool small_disk(void)
{
	if (geteuid() != 0 && unshare(CLONE_NEWNS | CLONE_NEWUSER) != 0)
		return false;
	int fs = fsopen("tmpfs", 0);
	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "size", "2m", 0) != 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
		return false;
	int root = fsmount(fs, 0, 0);
	snprintf(dir, sizeof(dir), "/proc/self/fd/%d", root);
	return root >= 0;
}

// In a child with a file system of 2 MiB of its own. 77: this machine does not let us.
static int on_a_full_disk(void)
{
	struct spool *s;
	struct spool_config c = model_config(&m, dir);
	uint64_t id = 0, refused = 0;
	if (!small_disk())
		return 77;
	s = open_spool();
	for (; id < 4000; id++) {
		struct fault f = { 0 };
		enum err err = spool_put(s, model_record(id, 1000), at(0), &f);
		assert(err == ERR_OK || err == ERR_FULL);
		refused += err != ERR_OK;
	}
	assert(refused > 1000);
	model_drain(&m, s, UINT64_MAX);
	enum err err = spool_ack(s, m.last, NULL); // room returns
	assert(err == ERR_OK);
	spool_close(&s);
	err = spool_open(&c, &s, NULL);
	assert(err == ERR_OK);
	for (; id < 4100; id++) {
		err = spool_put(s, model_record(id, 100), at(0), NULL);
		assert(err == ERR_OK);
	}
	err = spool_seal(s, NULL);
	assert(err == ERR_OK);
	model_drain(&m, s, UINT64_MAX);
	assert(m.lost == refused && m.count + refused == id);
	spool_close(&s);
	return 0;
}

static void a_full_disk_refuses_and_goes_on(void **state)
{
	(void)state;
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(on_a_full_disk());
	assert_int_equal(waitpid(child, &status, 0), child);
	// cmocka's skip() is a failure to prove.
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("# skipped: no file system can be made here\n");
		return;
	}
	assert_int_equal(status, 0);
}

static void a_record_too_big_is_a_gap(void **state)
{
	(void)state;
	static uint8_t big[SPOOL_FIELD_MAX + 1];
	struct spool *s = open_spool();
	assert_int_equal(spool_put(s, span_of(big, sizeof(big)), at(0), NULL), ERR_FULL);
	assert_int_equal(spool_put(s, model_record(0, 10), at(0), NULL), ERR_OK);
	assert_int_equal(spool_put(s, model_record(1, 200 * 1024), at(0), NULL), ERR_OK);
	assert_int_equal(spool_put(s, model_record(2, 10), at(0), NULL), ERR_OK);
	assert_int_equal(spool_seal(s, NULL), ERR_OK);
	model_drain(&m, s, UINT64_MAX);
	assert_int_equal(m.count, 3);
	assert_int_equal(m.lost, 1);
	spool_close(&s);
}

// A collector whose database was replaced, and one that takes no large batch.
static void what_is_gone_is_answered_for(void **state)
{
	(void)state;
	static struct model again;
	struct spool *s = open_spool();
	for (uint64_t id = 0; id < 6; id++) {
		assert_int_equal(spool_put(s, model_record(id, 100), at(0), NULL), ERR_OK);
		assert_int_equal(spool_seal(s, NULL), ERR_OK);
	}
	again = m;
	model_drain(&m, s, 3);
	assert_int_equal(spool_ack(s, 3, NULL), ERR_OK);
	assert_int_equal(spool_replace(s, 5, NULL), ERR_OK);
	assert_int_equal(spool_replace(s, 7, NULL), ERR_STATE);
	for (uint64_t seq = 1; seq <= 6; seq++) {
		struct spool_batch b;
		assert_int_equal(spool_peek(s, seq, &b, NULL), ERR_OK);
		model_take(&again, seq, &b);
	}
	assert_int_equal(again.count, 2); // records 3 and 5
	assert_int_equal(again.gaps, 4);
	assert_int_equal(again.lost, 1); // how many were in 1 to 3 is not known any more
	spool_close(&s);
}

static void an_old_copy_jumps_and_says_so(void **state)
{
	(void)state;
	struct spool *s = open_spool();
	assert_int_equal(spool_put(s, model_record(0, 10), at(0), NULL), ERR_OK);
	assert_int_equal(spool_seal(s, NULL), ERR_OK);
	assert_int_equal(spool_put(s, model_record(1, 10), at(0), NULL), ERR_OK);
	assert_int_equal(spool_jump(s, 50, NULL), ERR_OK);
	spool_close(&s);
	s = open_spool();
	m.last = 50;
	assert_int_equal(spool_state(s).next_seq, 51);
	assert_int_equal(spool_put(s, model_record(2, 10), at(0), NULL), ERR_OK);
	assert_int_equal(spool_seal(s, NULL), ERR_OK);
	model_drain(&m, s, UINT64_MAX);
	assert_int_equal(m.count, 2);
	spool_close(&s);
}

int main(void)
{
#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(random_deeds_store_everything_once),
		SPOOL_TEST(a_second_agent_is_told_so),
		SPOOL_TEST(a_killed_agent_loses_nothing),
		SPOOL_TEST(any_flipped_bit_is_counted_and_invents_nothing),
		SPOOL_TEST(a_wiped_stretch_is_counted),
		SPOOL_TEST(a_torn_last_batch_comes_back_from_the_journal),
		SPOOL_TEST(past_the_hard_limit_the_oldest_goes_and_is_counted),
		SPOOL_TEST(a_full_disk_refuses_and_goes_on),
		SPOOL_TEST(a_record_too_big_is_a_gap),
		SPOOL_TEST(what_is_gone_is_answered_for),
		SPOOL_TEST(an_old_copy_jumps_and_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
