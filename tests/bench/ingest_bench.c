// SPDX-License-Identifier: Apache-2.0
//
// How many traces a second become durable: agents in another process, real CURVE sockets, the real
// collector program, a private PostgreSQL; beside it, bare COPY BINARY of the same rows in the same
// run. On a shared machine look at CPU per trace and at the ratio.
//
//     build/release/bench/ingest_bench [AGENTS [BATCHES [TRACES]]]
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "bench/ingest_agent.h"
#include "pg/place.h"
#include "store/group.h"
#include "sys/file.h"
#include "sys/process.h"

#define COLLECTOR    "build/bin/waymark-collector"
#define GROUP_TRACES 2000

struct bench {
	size_t agents, batches, traces;
	char dir[64], endpoint[64];
	struct place place;
	struct fake_agent *fakes;
	struct seal_public server;
	pid_t collector, postmaster;
};

static void die(const char *what, const struct fault *f)
{
	fprintf(stderr, "ingest_bench: %s%s%s\n", what, f ? ": " : "", f ? f->what : "");
	exit(1);
}

// CPU seconds of one process, 0 when it is gone; *PARENT may be NULL.
static double cpu_of(pid_t pid, pid_t *parent)
{
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *in = fopen(path, "r");
	size_t n = in == NULL ? 0 : fread(text, 1, sizeof(text) - 1, in);
	if (in != NULL)
		fclose(in);
	text[n] = '\0';
	char *at = strrchr(text, ')');
	unsigned long user = 0, sys = 0;
	int ppid = 0;
	if (at == NULL || sscanf(at + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				 &ppid, &user, &sys) != 3)
		return 0;
	if (parent != NULL)
		*parent = ppid;
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

// The server and all its children: backends, WAL writer, checkpointer.
static double cpu_of_server(pid_t postmaster)
{
	double sum = cpu_of(postmaster, NULL);
	DIR *d = opendir("/proc");
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		pid_t pid = atoi(e->d_name), parent = 0;
		double cpu = pid > 0 ? cpu_of(pid, &parent) : 0;
		sum += parent == postmaster ? cpu : 0;
	}
	if (d != NULL)
		closedir(d);
	return sum;
}

static void make_agents(struct bench *b)
{
	b->fakes = calloc(b->agents, sizeof(b->fakes[0]));
	for (size_t i = 0; i < b->agents; i++) {
		struct fake_agent *a = &b->fakes[i];
		snprintf(a->name, sizeof(a->name), "bench%zu", i);
		seal_make(&a->secret, &a->public);
		a->epoch = random_u64();
	}
}

static void admit(struct bench *b, struct pg *pg)
{
	struct fault f;
	for (size_t i = 0; i < b->agents; i++) {
		const struct fake_agent *a = &b->fakes[i];
		char text[1024], curve[65], sign[65];
		text_hex(span_of(a->public.curve, 32), curve);
		text_hex(span_of(a->public.sign, 32), sign);
		snprintf(
			text, sizeof(text),
			"WITH n AS (INSERT INTO registry.node (name, role) VALUES ('%s', 'vantage')"
			" RETURNING id) INSERT INTO registry.node_key (node, curve, sign, "
			"wireguard)"
			" SELECT id, '\\x%s', '\\x%s', '\\x%s' FROM n",
			a->name, curve, sign, curve);
		if (pg_script(pg, text, &f) != ERR_OK)
			die("admitting", &f);
	}
}

static void start_collector(struct bench *b)
{
	int pipe_fd[2];
	struct fault f;
	if (pipe(pipe_fd) != 0)
		die("pipe", NULL);
	const char *argv[] = { COLLECTOR, "--data", b->dir, "--listen", "tcp://127.0.0.1:*", NULL };
	struct process_config c = PROCESS_DEFAULT;
	c.argv = argv;
	c.err = pipe_fd[1];
	c.die_with_parent = true;
	if (process_start(&c, &b->collector, &f) != ERR_OK)
		die("collector", &f);
	close(pipe_fd[1]);
	FILE *in = fdopen(pipe_fd[0], "r");
	char line[1024];
	while (fgets(line, sizeof(line), in) != NULL) {
		const char *at = strstr(line, "ev=ready listen=");
		const char *port = at == NULL ? NULL : strstr(at, "]:");
		if (port == NULL)
			continue;
		snprintf(b->endpoint, sizeof(b->endpoint), "tcp://127.0.0.1:%d", atoi(port + 2));
		break;
	}
	if (b->endpoint[0] == '\0')
		die("the collector did not get ready", NULL);
	// Its later words are read by nobody: keep the pipe open.
}

// The generator: makes everything, says so, waits for the word, sends until all is acknowledged.
static void generate(struct bench *b, int ready, int go)
{
	for (size_t i = 0; i < b->agents; i++) {
		struct fake_agent *a = &b->fakes[i];
		a->batches = calloc(b->batches, sizeof(a->batches[0]));
		a->count = b->batches;
		for (size_t s = 0; s < b->batches; s++)
			fake_batch_make(a, s + 1, b->traces, a->name, &a->batches[s]);
	}
	char c = 'r';
	(void)!write(ready, &c, 1);
	(void)!read(go, &c, 1);
	void *context = zmq_ctx_new();
	for (size_t i = 0; i < b->agents; i++)
		fake_connect(&b->fakes[i], context, b->endpoint, b->server.curve);
	for (size_t done = 0; done < b->agents;) {
		bool did = false;
		done = 0;
		for (size_t i = 0; i < b->agents; i++) {
			did |= fake_turn(&b->fakes[i]);
			done += b->fakes[i].acked == b->fakes[i].count;
		}
		if (!did)
			usleep(500);
	}
	(void)!write(ready, &c, 1);
	_exit(0);
}

static double end_to_end(struct bench *b, double *collector, double *server)
{
	int ready[2], go[2];
	char c = 'g';
	if (pipe(ready) != 0 || pipe(go) != 0)
		die("pipe", NULL);
	start_collector(b);
	pid_t child = fork();
	if (child == 0)
		generate(b, ready[1], go[0]);
	(void)!read(ready[0], &c, 1);
	double cpu0 = cpu_of(b->collector, NULL), pg0 = cpu_of_server(b->postmaster);
	struct mono t0 = clock_mono();
	(void)!write(go[1], &c, 1);
	(void)!read(ready[0], &c, 1);
	double seconds = (double)mono_since(clock_mono(), t0) / 1e9;
	*collector = cpu_of(b->collector, NULL) - cpu0;
	*server = cpu_of_server(b->postmaster) - pg0;
	waitpid(child, NULL, 0);
	process_end(b->collector, false, 5 * NS_PER_S);
	return seconds;
}

static struct group *encode(struct bench *b, size_t traces)
{
	struct fake_agent *a = &b->fakes[0];
	struct group *g = group_new();
	struct arena arena;
	uint8_t digest[32] = { 0 };
	arena_init(&arena, 16u << 20);
	for (uint64_t seq = 1; g->traces < traces; seq++) {
		struct fake_batch one;
		struct batch *read = NULL;
		fake_batch_make(a, seq, b->traces, a->name, &one);
		struct rows_batch told = { .key = { .node = 1, .stream = 1, .seq = seq },
					   .sign_key = 1,
					   .received = clock_wall(),
					   .body = span_of(one.body, one.len),
					   .digest = digest,
					   .signature = one.signature };
		arena_reset(&arena);
		if (batch_read(told.body, &arena, &read) != ERR_OK ||
		    group_put(g, 0, &told, read, ERR_OK, NULL) != ERR_OK)
			die("encoding", NULL);
		free(one.body);
	}
	arena_wipe(&arena);
	return g;
}

static double bare_copy(struct bench *b, struct pg *pg, size_t total, double *server)
{
	struct group *g = encode(b, GROUP_TRACES);
	struct fault f;
	uint8_t edge[32];
	struct wr head = wr_of(edge, sizeof(edge)), tail = wr_of(edge + 24, 8);
	copy_header(&head);
	copy_trailer(&tail);
	struct span rows = wr_span(&g->tables[ROWS_TRACE]);
	fprintf(stderr, "  COPY row %.0f bytes, body %.0f bytes a trace\n",
		(double)rows.len / (double)g->traces, (double)g->bytes / (double)g->traces);
	double pg0 = cpu_of_server(b->postmaster);
	struct mono t0 = clock_mono();
	for (size_t done = 0; done < total; done += g->traces) {
		enum err err = pg_begin(pg, &f);
		if (err == ERR_OK)
			err = pg_copy_begin(pg, "trace", &f);
		if (err == ERR_OK)
			err = pg_copy_put(pg, wr_span(&head), &f);
		for (size_t at = 0; at < rows.len && err == ERR_OK; at += 65536)
			err = pg_copy_put(pg, span_cut(rows, at, 65536), &f);
		if (err == ERR_OK)
			err = pg_copy_put(pg, wr_span(&tail), &f);
		if (err == ERR_OK)
			err = pg_copy_end(pg, &f);
		if (err == ERR_OK)
			err = pg_commit(pg, &f);
		if (err != ERR_OK)
			die("bare copy", &f);
	}
	double seconds = (double)mono_since(clock_mono(), t0) / 1e9;
	*server = cpu_of_server(b->postmaster) - pg0;
	group_free(&g);
	return seconds;
}

static pid_t postmaster_of(const struct bench *b)
{
	char path[CLUSTER_PATH_MAX + 32], *text = NULL;
	size_t len = 0;
	struct fault f;
	snprintf(path, sizeof(path), "%s/postmaster.pid", b->place.cluster.pg);
	if (file_read(path, 4096, &text, &len, &f) != ERR_OK)
		die("postmaster", &f);
	pid_t pid = atoi(text);
	free(text);
	return pid;
}

static void print(const char *what, double total, double seconds, double collector, double server)
{
	printf("%-34s %8.0f traces/s   collector %5.1f µs   server %5.1f µs   sum %5.1f µs CPU a "
	       "trace\n",
	       what, total / seconds, collector / total * 1e6, server / total * 1e6,
	       (collector + server) / total * 1e6);
}

int main(int argc, char **argv)
{
	struct bench b = {
		.agents = 20, .batches = 80, .traces = 100, .dir = "/tmp/wbench.XXXXXX"
	};
	size_t *numbers[] = { &b.agents, &b.batches, &b.traces };
	struct fault f = { 0 };
	struct pg *pg = NULL;
	for (int i = 1; i < argc && i <= 3; i++)
		*numbers[i - 1] = (size_t)strtoul(argv[i], NULL, 10);
	if (seal_start(&f) != ERR_OK || mkdtemp(b.dir) == NULL || chmod(b.dir, 0755) != 0)
		die("start", &f);
	if (place_find(b.dir, NULL, &b.place, &f) != ERR_OK || place_up(&b.place, &f) != ERR_OK ||
	    pg_open(b.place.conninfo, PG_OWNER, &pg, &f) != ERR_OK)
		die("database", &f);
	b.postmaster = postmaster_of(&b);
	make_agents(&b);
	admit(&b, pg);
	struct seal_secret secret;
	seal_make(&secret, &b.server);
	if (keys_store(b.dir, "collector", "waymark-collector-v1", &secret, &f) != ERR_OK)
		die("key", &f);
	double total = (double)(b.agents * b.batches * b.traces), collector = 0, server = 0,
	       bare_server = 0;
	double e2e = end_to_end(&b, &collector, &server);
	char count[256];
	snprintf(count, sizeof(count),
		 "DO $$ BEGIN IF (SELECT count(*) FROM raw.trace) <> %.0f OR "
		 "(SELECT count(*) FROM raw.batch) <> %zu THEN RAISE 'rows are missing or double'; "
		 "END IF; END $$",
		 total, b.agents * b.batches);
	if (pg_script(pg, count, &f) != ERR_OK ||
	    pg_script(pg, "TRUNCATE raw.trace; CHECKPOINT", &f) != ERR_OK)
		die("check", &f);
	double bare = bare_copy(&b, pg, (size_t)total, &bare_server);
	print("CURVE socket to COMMIT", total, e2e, collector, server);
	print("bare COPY BINARY, same rows", total, bare, 0, bare_server);
	printf("ratio %.0f %% of bare COPY in time, %.0f %% in server CPU\n", bare / e2e * 100,
	       bare_server / server * 100);
	pg_close(&pg);
	if (cluster_stop(&b.place.cluster, &f) != ERR_OK || dir_remove(b.dir, &f) != ERR_OK)
		die("clean-up", &f);
	return 0;
}
