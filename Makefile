# SPDX-License-Identifier: Apache-2.0
#
# One file, no recursion: everything is built from here into build/<flavour>/. The tree is the
# build list: a new .c file in a room is found by itself. `make help` prints the targets.

FLAVOUR  ?= release
JOBS     ?= $(shell nproc)
PREFIX   ?= /usr/local
# Tests mostly wait: each makes namespaces, clusters and ports of its own, so more run than there are cores.
FAST_JOBS    ?= $(shell echo $$(($(JOBS) * 2)))
ROOT_JOBS    ?= $(shell echo $$(($(JOBS) * 3)))
TEST_SECONDS ?= 400
FUZZ_SECONDS ?= 60
FUZZ_RUNS    ?=
FUZZ         ?= $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%)

# gcc 12 and clang 14 must both build without a warning; WERROR= turns warnings back into words.
CC       ?= gcc
ifeq ($(origin CC),default)
CC       := gcc
endif
COMPILER := $(if $(findstring clang,$(CC)),clang,gcc)
WERROR   ?= -Werror
B        := build/$(FLAVOUR)$(if $(filter clang,$(COMPILER)),$(if $(filter release,$(FLAVOUR)),-clang))
BIN      := $(if $(filter build/release,$(B)),build/bin,$(B)/bin)
Q        := $(if $(V),,@)
VERSION  := $(shell git describe --always --tags --dirty 2>/dev/null || echo 0)

WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	    -Wold-style-definition -Wpointer-arith -Wcast-qual -Wcast-align=strict -Wwrite-strings \
	    -Wvla -Wundef -Wformat=2 -Wswitch-enum -Wdouble-promotion -Wimplicit-fallthrough
# Not -ftrivial-auto-var-init: gcc 12.2 then clears padding at the wrong offset in a local struct that
# holds a struct with arrays, and so writes zeros into values.
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fno-common -fPIE
ifeq ($(COMPILER),clang)
WARN     := $(filter-out -Wcast-align=strict,$(WARN)) -Wcast-align
HARDEN   := $(filter-out -fstack-clash-protection,$(HARDEN))
else
# Only gcc's -O2 flow analysis makes this one worth reading.
WARN     += $(if $(filter release,$(FLAVOUR)),-Wnull-dereference)
endif

release.cflags := -O2 -g -D_FORTIFY_SOURCE=2
release.ldflags := -pie -Wl,-z,relro,-z,now
asan.cflags    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# The sanitizers hide from gcc what bounds a %s.
asan.cflags    += $(if $(filter gcc,$(COMPILER)),-Wno-format-truncation)
asan.ldflags   := -fsanitize=address,undefined -pie
tsan.cflags    := -O1 -g -fsanitize=thread
tsan.ldflags   := -fsanitize=thread -pie
fuzz.cflags    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
fuzz.ldflags   := -fsanitize=fuzzer,address,undefined -pie

CPPFLAGS := -D_GNU_SOURCE
CFLAGS   := -std=c17 $(WARN) $(WERROR) $(HARDEN) $($(FLAVOUR).cflags)
LDFLAGS  := $($(FLAVOUR).ldflags) -Wl,--as-needed
LIBS     := -lzmq -lprotobuf-c -lsodium -lpcap -lpq -lmnl -lnftables -lcares -lcurl -lssl -lcrypto -lpcre2-8 -lldns -lidn2 -lz -lm -lpthread
PGINC    := -isystem $(shell pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)

GEN      := build/gen
PROTOS   := $(wildcard proto/*.proto)
PB_SRC   := $(PROTOS:proto/%.proto=$(GEN)/proto/%.pb-c.c)
PB_HDR   := $(PB_SRC:.c=.h)

rwildcard = $(foreach d,$(wildcard $1*),$(call rwildcard,$d/,$2) $(filter $(subst *,%,$2),$d))
SOURCES   = $(filter-out %/main.c,$(call rwildcard,$1/,*.c))
objects   = $(patsubst %.c,$(B)/obj/%.o,$1)

# A half of the house sees shared/ and itself; what it cannot name it cannot include. In quotes only:
# <sys/file.h> is the system's, "sys/file.h" ours.
inc.shared    := -iquote shared -iquote $(GEN)
inc.agent     := -iquote shared -iquote agent
inc.collector := -iquote shared -iquote collector
inc.deploy    := -iquote shared -iquote deploy
inc.tests     := -iquote shared -iquote agent -iquote collector -iquote deploy -iquote tests -iquote $(GEN)

LIB_shared    := $(B)/libshared.a
LIB_agent     := $(B)/libagent.a
LIB_collector := $(B)/libcollector.a
LIB_deploy    := $(B)/liblab.a
ALL_LIBS      := $(LIB_deploy) $(LIB_agent) $(LIB_collector) $(LIB_shared)

PROGRAMS := waymark waymark-agent waymark-collector waymark-lab
main.waymark           := shared/cli/main.c
main.waymark-agent     := agent/main.c
main.waymark-collector := collector/main.c
main.waymark-lab       := deploy/lab/main.c
libs.waymark           := $(LIB_agent) $(LIB_collector) $(LIB_shared)
libs.waymark-agent     := $(LIB_agent) $(LIB_shared)
libs.waymark-collector := $(LIB_collector) $(LIB_shared)
libs.waymark-lab       := $(LIB_deploy) $(LIB_shared)
BINARIES := $(PROGRAMS:%=$(BIN)/%)

UNIT_SRC := $(foreach f,$(call rwildcard,tests/unit/,*.c),$(if $(filter test_%,$(notdir $f)),$f))
UNITS    := $(UNIT_SRC:tests/unit/%.c=$(B)/test/%)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZERS  := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/fuzz/%)
BENCH_SRC := $(wildcard tests/bench/*.c)
BENCHES  := $(BENCH_SRC:tests/bench/%.c=$(B)/bench/%)
DRIVER_SRC := $(wildcard tests/netns/*_driver.c tests/e2e/*_driver.c tests/sql/*_driver.c)
DRIVERS  := $(addprefix $(BIN)/,$(basename $(notdir $(DRIVER_SRC))))

.DEFAULT_GOAL := all
.PHONY: all help
.SECONDARY:
.DELETE_ON_ERROR:

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "%-14s %s\n", $$1, $$2}' Makefile

all: $(BINARIES) ## every program, -O2, hardened, into build/bin

# --- generated sources ---------------------------------------------------------------------------

$(PB_SRC): $(GEN)/proto/%.pb-c.c: proto/%.proto
	$(Q)mkdir -p $(GEN)/proto
	$(Q)protoc-c --proto_path=. --c_out=$(GEN) $<
$(PB_HDR): %.h: %.c ;

# Every .sql and .csv below collector/sql, carried inside the programs under its path.
SQL_FILES := $(sort $(call rwildcard,collector/sql/,*.sql) $(call rwildcard,collector/sql/,*.csv))
$(GEN)/sql_files.list: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(SQL_FILES)' | cmp -s - $@ || echo '$(SQL_FILES)' > $@
$(GEN)/sql_files.c: $(SQL_FILES) $(GEN)/sql_files.list Makefile
	$(Q)mkdir -p $(GEN)
	$(Q){ printf '#include "pg/sql_files.h"\n'; n=0; \
	for f in $(SQL_FILES); do n=$$((n+1)); \
	printf '__asm__(".section .rodata\\n.global sqlf%s\\n.type sqlf%s,@object\\nsqlf%s: .incbin \\"%s\\"\\n.byte 0\\n.size sqlf%s,.-sqlf%s\\n.text\\n");\nextern const char sqlf%s[];\n' $$n $$n $$n $$f $$n $$n $$n; done; \
	printf 'const struct sql_file sql_files[] = {\n'; n=0; \
	for f in $(SQL_FILES); do n=$$((n+1)); printf '\t{ "%s", sqlf%s },\n' "$${f#collector/sql/}" $$n; done; \
	printf '\t{ 0, 0 },\n};\n'; } > $@

$(B)/obj/sql_files.o: $(GEN)/sql_files.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu17 $($(FLAVOUR).cflags) -fPIE $(inc.collector) -c $< -o $@

# --- objects, libraries, programs ----------------------------------------------------------------

# Everything is compiled anew when the flags change.
COMPILE  := $(CC) $(CPPFLAGS) $(CFLAGS) $(foreach h,shared agent collector deploy tests,$(inc.$h))
$(B)/flags: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(COMPILE)' | cmp -s - $@ || echo '$(COMPILE)' > $@

$(B)/obj/gen/%.o: $(GEN)/%.c $(B)/flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=c17 $($(FLAVOUR).cflags) -fPIE -iquote $(GEN) -MMD -MP -c $< -o $@

$(B)/obj/shared/msg/%.o: shared/msg/%.c $(PB_HDR) $(B)/flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(inc.shared) -MMD -MP -c $< -o $@

$(B)/obj/%.o: %.c $(B)/flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(inc.$(firstword $(subst /, ,$<))) $(PGINC) -MMD -MP -c $< -o $@

# Only this object knows the version, and is made anew when it changes.
$(B)/version: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@
$(B)/obj/shared/base/version.o: $(B)/version
$(B)/obj/shared/base/version.o: CPPFLAGS += -DWAYMARK_VERSION='"$(VERSION)"'

$(B)/obj/tests/%.o: tests/%.c $(PB_HDR) $(B)/flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(inc.tests) $(PGINC) -MMD -MP -c $< -o $@

OBJ_shared    := $(call objects,$(call SOURCES,shared)) $(PB_SRC:$(GEN)/%.c=$(B)/obj/gen/%.o)
# One of two files stands behind agent/label/label.h; `make NDPI=` builds without the library.
NDPI          ?= $(if $(wildcard /usr/include/ndpi/ndpi_main.h),yes)
LIBS          += $(if $(NDPI),-lndpi)
OBJ_agent     := $(call objects,$(filter-out agent/label/label_$(if $(NDPI),none,ndpi).c,$(call SOURCES,agent)))
OBJ_collector := $(call objects,$(call SOURCES,collector)) $(B)/obj/sql_files.o
OBJ_deploy    := $(call objects,$(call SOURCES,deploy))

# A library is made anew when a file was added or taken away, too.
.PHONY: FORCE
$(B)/objects.%: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(OBJ_$*)' | cmp -s - $@ || echo '$(OBJ_$*)' > $@

$(LIB_shared): $(OBJ_shared) $(B)/objects.shared
$(LIB_agent): $(OBJ_agent) $(B)/objects.agent
$(LIB_collector): $(OBJ_collector) $(B)/objects.collector
$(LIB_deploy): $(OBJ_deploy) $(B)/objects.deploy

$(ALL_LIBS):
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)ar rcsD $@ $(filter %.o,$^)

.SECONDEXPANSION:
$(BINARIES): $(BIN)/%: $(B)/obj/$$(patsubst $$(percent).c,$$(percent).o,$$(main.%)) $$(libs.%)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(libs.$*) -Wl,--end-group $(LIBS)
percent := %

# Those that know nDPI once more, without it: that they can be built so is tested.
PLAIN := $(addprefix $(BIN)/plain/,waymark waymark-agent)
$(PLAIN): $(BIN)/plain/%: $(B)/obj/agent/label/label_none.o $(B)/obj/$$(patsubst $$(percent).c,$$(percent).o,$$(main.%)) $$(libs.%)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(libs.$*) -Wl,--end-group $(filter-out -lndpi,$(LIBS))

# --- tests ---------------------------------------------------------------------------------------

$(B)/test/%: $(B)/obj/tests/unit/%.o $(ALL_LIBS)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(ALL_LIBS) -Wl,--end-group $(LIBS) -lcmocka

$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(if $(filter fuzz,$(FLAVOUR)),,$(B)/obj/tests/fuzz/replay.o) $(ALL_LIBS)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(ALL_LIBS) -Wl,--end-group $(LIBS)

$(B)/bench/%: $(B)/obj/tests/bench/%.o $(ALL_LIBS)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(ALL_LIBS) -Wl,--end-group $(LIBS)

$(BIN)/%_driver: $(B)/obj/tests/e2e/%_driver.o $(ALL_LIBS)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(ALL_LIBS) -Wl,--end-group $(LIBS)

$(BIN)/%_driver: $(B)/obj/tests/sql/%_driver.o $(ALL_LIBS)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(ALL_LIBS) -Wl,--end-group $(LIBS)

$(BIN)/%_driver: $(B)/obj/tests/netns/%_driver.o $(ALL_LIBS)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(ALL_LIBS) -Wl,--end-group $(LIBS)

.PHONY: units fuzzers benches drivers test
drivers: $(DRIVERS)
units: $(UNITS)
fuzzers: $(FUZZERS)
benches: $(BENCHES)

# `make test T=tests/unit/shared/base/test_rd.c` builds and runs one.
test: $(B)/test/$(patsubst tests/unit/%.c,%,$(T)) ## one unit test: make test T=tests/unit/.../test_x.c
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove -e '' $<

-include $(call rwildcard,$(B)/obj/,*.d)

PROVE    := CMOCKA_MESSAGE_OUTPUT=TAP WAYMARK_BIN=$(CURDIR)/build/bin prove --timer --exec
TAP      := $(PROVE) 'tests/limited $(TEST_SECONDS)'
# Says where a long target is: of a run that was cut off there is only what it printed.
say       = @printf '== %s %s\n' "$$(date +%T)" '$1'
CORPUS   := $(patsubst tests/fuzz/fuzz_%.c,$(B)/corpus/%.t,$(FUZZ_SRC))

# A corpus replay is a program and a folder; prove wants one file.
$(B)/corpus/%.t: $(B)/fuzz/fuzz_%
	$(Q)mkdir -p $(@D)
	$(Q)printf '#!/bin/sh\nexec %s %s\n' '$<' 'tests/fuzz/corpus/$*' > $@
	$(Q)chmod +x $@

.PHONY: tests lint check check-fast check-root race matrix fuzz beside bench
tests: $(UNITS) $(CORPUS) $(PLAIN)

lint: all ## rooms law, lengths, layout, scripts, man pages
	$(Q)prove tests/lint

.PHONY: man dictionary
man: all ## writes what --help says into the man pages and the bash completion
	$(Q)docs/man/help.pl $(BIN)

dictionary: all ## writes docs/dictionary.md from the comments in the schema
	$(Q)docs/dictionary.sh $(BIN) > build/dictionary.md && mv build/dictionary.md docs/dictionary.md

check-fast: ## lint, units, corpus replay, scenarios under gcc, clang and ASan+UBSan: no root needed
	$(call say,build: gcc)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all tests
	$(call say,build: clang)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) CC=clang-14 all tests
	$(call say,build: ASan and UBSan)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) FLAVOUR=asan tests
	$(Q)test $(words $(UNITS)) -eq $$(find tests/unit -name 'test_*.c' | wc -l) || \
		{ echo 'check-fast: not every tests/unit/**/test_*.c is run' >&2; exit 1; }
	$(call say,lint and scenarios; units and corpora of the three builds)
	$(Q)$(TAP) -j$(FAST_JOBS) $(sort $(wildcard tests/lint/*.t)) $(sort $(wildcard tests/scenario/*.t)) \
		$(sort $(UNITS) $(CORPUS)) \
		$(sort $(UNITS:$(B)/%=build/release-clang/%) $(CORPUS:$(B)/%=build/release-clang/%)) \
		$(sort $(UNITS:$(B)/%=build/asan/%) $(CORPUS:$(B)/%=build/asan/%)) < /dev/null

# Those that take longest come first, lest one of them is left over at the end.
LONGEST    := $(wildcard $(addprefix tests/,$(addsuffix .t,e2e/demo e2e/run e2e/satellite netns/lab_up \
		sql/backends sql/database sql/dns_judge netns/tunnel_many netns/tunnel_carries e2e/demo_stop \
		netns/trace_live netns/trace_mda e2e/refuse netns/trace_chain sql/judge e2e/scan e2e/kill)))
ROOT_TESTS := $(LONGEST) $(filter-out $(LONGEST),$(sort $(wildcard tests/sql/*.t tests/netns/*.t tests/e2e/*.t)))
check-root: ## the tests that need root: PostgreSQL, namespaces, end to end
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all drivers
	$(call say,root tests: $(ROOT_JOBS) at once)
	$(Q)$(TAP) -j$(ROOT_JOBS) $(ROOT_TESTS) < /dev/null

check: deps ## everything: installs what is missing, then check-fast and check-root
	$(Q)$(MAKE) --no-print-directory check-fast
	$(Q)$(MAKE) --no-print-directory check-root

# libzmq and libpq are not instrumented: what only they touch says nothing about us.
RACE_TESTS ?= $(sort $(wildcard tests/e2e/ingest.t tests/e2e/link.t tests/e2e/refuse.t tests/e2e/run.t))
race: ## what has threads under ThreadSanitizer: the collector, the link, whole runs (as root)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) FLAVOUR=tsan all drivers
	$(Q)TSAN_OPTIONS=ignore_noninstrumented_modules=1,halt_on_error=1,exitcode=66 \
		WAYMARK_BIN=$(CURDIR)/build/tsan/bin prove $(RACE_TESTS) < /dev/null

matrix: all drivers ## 20 names x 10,000 resolvers and 2,000 x 100: every DNS pair exactly once
	$(Q)MATRIX_WIDE=10000 MATRIX_DEEP=2000 MATRIX_RATE=40000 $(PROVE) '' -v tests/netns/dns_matrix.t < /dev/null

fuzz: ## every fuzz target for FUZZ_SECONDS (or FUZZ_RUNS=N executions; FUZZ="tls http": only these)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) FLAVOUR=fuzz CC=clang-14 fuzzers
	$(Q)for t in $(FUZZ); do \
		mkdir -p build/fuzz/found/$$t tests/fuzz/corpus/$$t; \
		echo "== $$t"; build/fuzz/fuzz/fuzz_$$t \
		$(if $(FUZZ_RUNS),-runs=$(FUZZ_RUNS),-max_total_time=$(FUZZ_SECONDS)) -timeout=10 \
		-print_final_stats=1 -verbosity=0 -artifact_prefix=build/fuzz/found/$$t/ \
		build/fuzz/found/$$t tests/fuzz/corpus/$$t || exit 1; done

beside: all ## flows beside tshark on BESIDE_SEEDS (1-200) captures made up from a seed
	$(Q)BESIDE_SEEDS=$(or $(BESIDE_SEEDS),1-200) tests/scenario/flows_beside.t

bench: all benches ## the benchmarks, each beside its peer, with the ratio
	$(Q)for b in $(BENCHES) $(wildcard tests/bench/*.sh); do echo "== $$b"; $$b || exit 1; done

# --- the main job --------------------------------------------------------------------------------

.PHONY: deps demo
deps: ## installs the Debian packages of deploy/deps.txt that are missing (as root)
	$(Q)deploy/deps.sh deploy/deps.txt

demo: deps ## the main job in a world in a box: real messages, both paths, both tables
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all
	$(Q)deploy/lab/demo.sh build/bin

.PHONY: satellite
satellite: deps ## 2,000 open resolvers x 200 domains in the lab, held against what is true of them
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all
	$(Q)deploy/lab/satellite.sh build/bin

# --- install -------------------------------------------------------------------------------------

# make install DESTDIR=/tmp/root PREFIX=/usr (the default PREFIX is /usr/local).
.PHONY: install
DEST       := $(DESTDIR)$(PREFIX)
SHARE      := $(DEST)/share
COMPLETION := $(SHARE)/bash-completion/completions
UNIT_DIR   := $(DEST)/lib/systemd/system
MAN_PAGES  := $(wildcard docs/man/*.[1-8])
install: all ## programs, man pages, units, completion, examples below DESTDIR/PREFIX
	$(Q)install -d $(DEST)/bin $(SHARE)/doc/waymark/examples $(SHARE)/waymark/world \
		$(SHARE)/waymark/signatures $(SHARE)/waymark/prober \
		$(COMPLETION) $(UNIT_DIR) $(DEST)/lib/sysusers.d $(addprefix $(SHARE)/man/man,1 5 7 8)
	$(Q)install -m 755 $(BINARIES) $(DEST)/bin
	$(Q)for page in $(MAN_PAGES); do \
		install -m 644 $$page $(SHARE)/man/man$${page##*.} || exit 1; done
	$(Q)install -m 644 README.md LICENSE $(wildcard docs/*.md docs/*.svg) $(SHARE)/doc/waymark
	$(Q)install -m 644 $(wildcard deploy/*.conf.example) $(SHARE)/doc/waymark/examples
	$(Q)install -m 644 $(wildcard deploy/lab/world/*.conf) $(SHARE)/waymark/world
	$(Q)install -m 644 $(wildcard deploy/signatures/*) $(SHARE)/waymark/signatures
	$(Q)install -m 644 deploy/prober/index.html $(SHARE)/waymark/prober
	$(Q)for unit in $(wildcard deploy/systemd/*.service); do \
		sed 's|/usr/local/|$(PREFIX)/|' $$unit > $(UNIT_DIR)/$${unit##*/} && \
		chmod 644 $(UNIT_DIR)/$${unit##*/} || exit 1; done
	$(Q)install -m 644 deploy/systemd/waymark.sysusers $(DEST)/lib/sysusers.d/waymark.conf
	$(Q)install -m 644 deploy/completion/waymark $(COMPLETION)
	$(Q)for program in $(filter-out waymark,$(PROGRAMS)); do \
		ln -sf waymark $(COMPLETION)/$$program || exit 1; done

.PHONY: clean format
format: ## clang-format over every C file
	$(Q)clang-format-14 -i $(foreach d,shared agent collector deploy tests,$(call rwildcard,$d/,*.c) $(call rwildcard,$d/,*.h))

clean: ## removes build/
	$(Q)rm -rf build
