# counterseal. `make help` lists the targets; V=1 shows the commands; VARIANT=debug|release|asan|tsan|cov|mutants.

VARIANT ?= release
BUILD   := build/$(VARIANT)
PREFIX  ?= /usr/local
JOBS    ?= $(shell nproc)

ifeq ($(filter $(VARIANT),debug release asan tsan cov mutants),)
$(error VARIANT=$(VARIANT) is not one of debug, release, asan, tsan, cov, mutants)
endif
ifneq ($(V),1)
Q := @
endif

# --- what is built of what --------------------------------------------------------------------------

# A room is a directory; its library holds all of its .c files but main.c.
ROOMS := harness/base harness/scenario harness/model harness/pki harness/run harness/observe harness/explain harness/verdict harness/capture \
         harness/smtp_client harness/cli fake_server reports

# What the unit tests of a room link, besides the room itself.
TESTS_WITH_harness/base        :=
TESTS_WITH_harness/scenario    := harness/base
TESTS_WITH_harness/model       := harness/scenario harness/base
TESTS_WITH_harness/pki         := harness/scenario harness/base
TESTS_WITH_harness/run         := harness/observe harness/pki harness/scenario harness/base harness/smtp_client fake_server
TESTS_WITH_harness/observe     := harness/run harness/pki harness/scenario harness/base harness/smtp_client fake_server
TESTS_WITH_harness/explain     := harness/observe harness/run harness/pki harness/scenario harness/base harness/smtp_client fake_server
TESTS_WITH_harness/capture     := harness/scenario harness/base
TESTS_WITH_harness/verdict     := harness/explain harness/observe harness/run harness/pki harness/scenario harness/base harness/smtp_client fake_server reports
TESTS_WITH_harness/cli         := harness/capture harness/model harness/verdict harness/explain harness/observe harness/run harness/pki harness/scenario harness/base harness/smtp_client fake_server reports
TESTS_WITH_harness/smtp_client := harness/pki harness/scenario harness/base fake_server
TESTS_WITH_fake_server         :=
TESTS_WITH_reports             :=

# Fixtures that a room borrows from the tests of another.
TESTS_BORROW_harness/verdict := harness/observe/tests/fixture.c
TESTS_BORROW_harness/explain := harness/observe/tests/fixture.c
TESTS_BORROW_harness/run     := harness/observe/tests/fixture.c

PROGRAMS := counterseal fake_server smtp_client
MAIN_counterseal := harness/main.c
MAIN_fake_server := fake_server/main.c
MAIN_smtp_client := harness/smtp_client/main.c
ROOMS_counterseal := harness/cli harness/capture harness/model harness/verdict harness/explain harness/observe harness/run harness/pki harness/scenario harness/base \
                     harness/smtp_client fake_server reports
ROOMS_fake_server := fake_server
ROOMS_smtp_client := harness/smtp_client
LIBS_counterseal := -lcurl -lssl -lcrypto -lfyaml -ljansson -lxml2 -ltalloc -pthread
LIBS_fake_server := -lssl -lcrypto -pthread
LIBS_smtp_client := -lcurl -lssl -lcrypto -ljansson -lxml2

PACKAGES := gcc clang-14 make pkg-config libc6-dev libssl-dev libcurl4-openssl-dev libfyaml-dev libjansson-dev \
            libxml2-dev libtalloc-dev libcriterion-dev libxml2-utils openssl curl clang-format-14 \
            clang-tidy-14 cppcheck libclang-rt-14-dev procps tshark \
            msmtp swaks libnet-ssleay-perl s-nail mutt libsasl2-modules gnutls-bin python3 python3-pycurl libcurl3-gnutls \
            perl libio-socket-ssl-perl ruby php-cli libphp-phpmailer postfix

# Where what is compiled of the drivers goes ({cache} of a profile).
CLIENT_CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/counterseal/clients
JAVA_CLASSES := /usr/share/java/jakarta-mail.jar:/usr/share/java/jakarta-activation.jar:/usr/share/java/gson.jar

# --- flags ------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Werror -Wconversion -Wshadow -Wcast-qual -Wformat=2 -Wundef \
            -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wpointer-arith -Wwrite-strings -Wvla
CPPFLAGS += -D_GNU_SOURCE -I. -I/usr/include/libxml2 -include harness/mutant.h -MMD -MP
CFLAGS_debug   := -O0 -g
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CFLAGS_tsan    := -O1 -g -fsanitize=thread
CFLAGS_cov     := -O0 -g --coverage
CFLAGS_mutants := -O1 -DMUTANTS
CFLAGS  += -std=c11 -pthread $(WARNINGS) $(CFLAGS_$(VARIANT))
LDFLAGS += $(filter -fsanitize=% --coverage,$(CFLAGS_$(VARIANT)))
LDFLAGS += -Wl,-z,relro,-z,now

# --- rules ------------------------------------------------------------------------------------------

sources = $(filter-out %/main.c,$(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
library = $(BUILD)/lib/lib$(subst /,_,$(1)).a
test    = $(BUILD)/tests/test_$(subst /,_,$(1))

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: mutants all setup setup-clients setup-servers drivers matrix matrix-servers run test unit example system bench-server bench-clients check rules headers long format format-check tidy asan tsan cov \
        golden install install-library clean help
.DEFAULT_GOAL := all

# A client that loads the fake server, for measuring and for tests; it is not installed.
LOAD := $(BUILD)/load
$(LOAD): $(call objects,fake_server/bench/load.c)
	@mkdir -p $(@D)
	@$(if $(Q),echo "  LD      $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lssl -lcrypto -pthread

all: $(PROGRAMS:%=$(BUILD)/%) $(LOAD) ## build the three programs in build/$VARIANT/

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@$(if $(Q),echo "  CC      $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

define room_rules
$(call library,$(1)): $(call objects,$(call sources,$(1)))
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
$(call test,$(1)): $(call objects,$(wildcard $(1)/tests/*.c) $(TESTS_BORROW_$(1))) $(call library,$(1)) \
                   $(foreach room,$(TESTS_WITH_$(1)),$(call library,$(room)))
	@mkdir -p $$(@D)
	@$$(if $$(Q),echo "  LD      $$@")
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LIBS_counterseal) -lcriterion
endef
$(foreach room,$(ROOMS),$(eval $(call room_rules,$(room))))

define program_rules
$(BUILD)/$(1): $(call objects,$(MAIN_$(1))) $(foreach room,$(ROOMS_$(1)),$(call library,$(room)))
	@mkdir -p $$(@D)
	@$$(if $$(Q),echo "  LD      $$@")
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LIBS_$(1))
endef
$(foreach program,$(PROGRAMS),$(eval $(call program_rules,$(program))))

# The fake server for others: a shared library of which only the public functions can be seen, and a static one
# likewise (its objects are joined, and what is private becomes local).
VERSION     := $(shell sed -n 's/.*COUNTERSEAL_VERSION "\(.*\)"/\1/p' harness/cli/options.h)
ABI         := 0
EMBED       := libcounterseal_fake_server
EMBED_FILES := $(BUILD)/lib/$(EMBED).so.$(ABI) $(BUILD)/lib/$(EMBED).a
EMBED_PIC   := $(patsubst %.c,$(BUILD)/pic/%.o,$(call sources,fake_server))

$(BUILD)/pic/%.o: %.c Makefile
	@mkdir -p $(@D)
	@$(if $(Q),echo "  CC      $< (PIC)")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -c -o $@ $<

$(BUILD)/lib/$(EMBED).so.$(ABI): $(EMBED_PIC) fake_server/exports.map
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(LDFLAGS) -Wl,-soname,$(@F) -Wl,--version-script=fake_server/exports.map -o $@ $(EMBED_PIC) \
	    $(LIBS_fake_server)

$(BUILD)/lib/$(EMBED).a: $(EMBED_PIC)
	@mkdir -p $(@D)
	$(Q)$(LD) -r -o $(BUILD)/pic/$(EMBED).o $^
	$(Q)objcopy --wildcard --keep-global-symbol='fake_server_*' --keep-global-symbol='event_*' $(BUILD)/pic/$(EMBED).o
	$(Q)rm -f $@ && ar rcs $@ $(BUILD)/pic/$(EMBED).o

# The example sees what is installed and nothing else of this house.
STAGE   := $(abspath $(BUILD))/stage
EXAMPLE := $(BUILD)/tests/example_my_client
$(EXAMPLE): fake_server/example/test_my_client.c fake_server/fake_server.h fake_server/event.h $(EMBED_FILES)
	@mkdir -p $(@D)
	$(Q)$(MAKE) --no-print-directory install-library PREFIX=$(STAGE) DESTDIR= >/dev/null
	@$(if $(Q),echo "  LD      $@")
	$(Q)export PKG_CONFIG_PATH=$(STAGE)/lib/pkgconfig; $(CC) -D_GNU_SOURCE $(CFLAGS) $(LDFLAGS) -o $@ $< \
	    $$(pkg-config --cflags --libs counterseal-fake-server) -Wl,-rpath,$(STAGE)/lib -lcurl -lcriterion

-include $(shell find $(BUILD)/obj $(BUILD)/pic -name '*.d' 2>/dev/null)

# --- targets ----------------------------------------------------------------------------------------

# Postfix is for one test, which starts it in a directory of its own: the system's stays without a configuration, hence
# idle, and where there is another mail server it is not replaced.
NO_MAIL_SERVER := postfix postfix/main_mailer_type select No configuration

setup: ## install the Debian packages that building and testing need
	@if ! command -v apt-get >/dev/null; then \
	    echo "make setup knows Debian 12 only; install what these packages hold: $(PACKAGES)"; exit 1; fi
	@missing=$$(for p in $(PACKAGES); do [ $$p = postfix ] && [ -e /usr/sbin/sendmail ] && continue; dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -z "$$missing" ]; then echo "setup: everything is installed"; exit 0; fi; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	echo "+ $$sudo apt-get update"; $$sudo apt-get update -qq; \
	echo "+ $$sudo apt-get install -y --no-install-recommends" $$missing; \
	echo "$(NO_MAIL_SERVER)" | $$sudo debconf-set-selections; \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null

setup-clients: ## install the clients of cases/clients/ that Debian and npm have
	$(Q)harness/setup_clients.sh
	@$(MAKE) --no-print-directory drivers

setup-servers: ## install the mail servers of cases/servers/ that Debian and npm have
	$(Q)harness/setup_clients.sh --servers

drivers: ## compile the drivers of Go, Java and Mono, where their compilers are installed
	@mkdir -p $(CLIENT_CACHE)
	@if command -v go >/dev/null; then echo "  GO      go.go"; \
	    GO111MODULE=off go build -trimpath -o $(CLIENT_CACHE)/go-net-smtp cases/clients/go.go; fi
	@if command -v javac >/dev/null; then echo "  JAVAC   JavaMail.java"; \
	    javac -nowarn -d $(CLIENT_CACHE)/java -cp $(JAVA_CLASSES) cases/clients/JavaMail.java; fi
	@if command -v mcs >/dev/null; then echo "  MCS     mono.cs"; \
	    mcs -nologo -nowarn:618 -out:$(CLIENT_CACHE)/mono.exe -r:System.Json.dll -r:Mono.Security.dll cases/clients/mono.cs; fi

matrix: $(BUILD)/counterseal ## play cases/ with all clients, write build/report/matrix.html and the README's table
	$(Q)$(BUILD)/counterseal matrix cases/ --report markdown:build/report/matrix.md --report html:build/report/matrix.html \
	    --report json:build/report/matrix.json --report summary:build/report/summary.md; code=$$?; \
	[ ! -f build/report/summary.md ] || sed -i -e '/^<!-- matrix -->/,/^<!-- end of matrix -->/{//!d}' \
	    -e '/^<!-- matrix -->/r build/report/summary.md' README.md; exit $$code

SERVERS := $(sort $(patsubst cases/servers/%.yaml,%,$(wildcard cases/servers/*.yaml)))
matrix-servers: $(BUILD)/counterseal ## play cases/server/ with all servers, write build/report/matrix-servers.html
	$(Q)$(BUILD)/counterseal run cases/server $(SERVERS:%=--server %) --quiet \
	    --report markdown:build/report/matrix-servers.md --report html:build/report/matrix-servers.html \
	    --report json:build/report/matrix-servers.json

run: $(BUILD)/counterseal ## play cases/ with the reference client, write build/report/
	$(Q)$(BUILD)/counterseal run cases/ --report console --report tap:build/report/report.tap \
	    --report junit:build/report/report.xml --report json:build/report/report.json

UNIT_ROOMS := $(foreach room,$(ROOMS),$(if $(wildcard $(room)/tests/*.c),$(room)))
UNIT_TESTS := $(foreach room,$(UNIT_ROOMS),$(call test,$(room)))

# Criterion's own runner leaks when it runs tests side by side, which LeakSanitizer would tell.
UNIT_JOBS := $(if $(filter asan,$(VARIANT)),1,$(JOBS))

# Criterion exits 0 when it ran nothing and when a leak was found: both are failures here.
unit: $(if $(ROOM),$(call test,$(ROOM)),$(UNIT_TESTS)) ## run the unit tests (ROOM=fake_server: of one room)
	@for t in $(if $(ROOM),$(call test,$(ROOM)),$(UNIT_TESTS)); do \
	    echo "  UNIT    $$t"; \
	    $$t -j$(UNIT_JOBS) >$$t.log 2>&1; code=$$?; \
	    if [ $$code -ne 0 ] || ! grep -q 'Tested: .*[1-9]' $$t.log || grep -qE 'LeakSanitizer|runtime error' $$t.log; then \
	        cat $$t.log; echo "$$t failed"; exit 1; fi; \
	    grep Synthesis: $$t.log | sed 's/\x1b\[[0-9;]*m//g'; \
	done

example: $(EXAMPLE) ## build and run the example that embeds the fake server
	@echo "  EXAMPLE $<"
	$(Q)$< -j$(UNIT_JOBS) >$<.log 2>&1 && grep -q 'Tested: .*2' $<.log || { cat $<.log; exit 1; }

system: all ## run the tests of the programs as a whole
	$(Q)BUILD=$(BUILD) harness/tests/run_all.sh

test: all ## unit tests, system tests, self tests and cases
	$(Q)$(MAKE) --no-print-directory unit
	$(Q)$(MAKE) --no-print-directory example
	$(Q)$(MAKE) --no-print-directory system
	$(Q)$(MAKE) --no-print-directory run

bench-server: $(BUILD)/fake_server $(LOAD) ## what the fake server costs, against openssl s_server
	$(Q)BUILD=$(BUILD) fake_server/bench/bench.sh

bench-clients: $(BUILD)/counterseal ## what the harness adds to a client's own time: curl, bare and in a run
	$(Q)BUILD=$(BUILD) harness/bench/overhead.sh

check: rules format-check tidy test ## everything a commit must pass

mutants: ## who tests the tester: play the cases against each deliberate fault (NAMES="a b": against these)
	$(Q)$(MAKE) --no-print-directory VARIANT=mutants build/mutants/counterseal
	$(Q)BUILD=build/mutants harness/tests/mutants.sh $(NAMES)

rules: headers long ## the rules of the house: includes, banned functions, length, headers
	$(Q)harness/tests/rules.sh

HEADERS := $(filter-out build/%,$(wildcard harness/*/*.h fake_server/*.h reports/*.h))
headers: ## every header compiles alone
	@for h in $(HEADERS); do $(CC) $(CPPFLAGS) -MF /dev/null $(CFLAGS) -fsyntax-only -x c $$h || exit 1; done

SOURCES = $(wildcard harness/*.c harness/*/*.c harness/*/tests/*.c fake_server/*.c fake_server/tests/*.c \
                     fake_server/example/*.c fake_server/bench/*.c \
                     reports/*.c reports/tests/*.c)
long: ## no function is longer than 60 lines
	@awk 'FNR == 1 { start = 0 } /^[a-z].*\)$$/ || /^[ ].*\)$$/ && !start { head = FNR; name = $$0 } \
	      /^\{/ { start = FNR } /^\}/ && start { if (FNR - start - 1 > 60) { \
	      printf "%s:%d: function of %d lines, more than 60\n", FILENAME, start, FNR - start - 1; bad = 1 } start = 0 } \
	      END { exit bad }' $(SOURCES)

format: ## format the sources
	$(Q)clang-format-14 -i $(SOURCES) $(HEADERS)

format-check:
	$(Q)clang-format-14 --dry-run -Werror $(SOURCES) $(HEADERS)

OWN_SOURCES = $(foreach source,$(SOURCES),$(if $(findstring /tests/,$(source))$(findstring /example/,$(source))$(findstring /bench/,$(source)),,$(source)))
tidy: ## static analysis of all but the tests, whose macros no analyser knows
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -D_GNU_SOURCE -I. --include=harness/mutant.h \
	    --enable=warning,portability --suppress=missingInclude $(OWN_SOURCES)
	$(Q)printf '%s\n' $(OWN_SOURCES) | \
	    xargs -P $(JOBS) -I {} clang-tidy-14 --quiet {} -- -std=c11 -D_GNU_SOURCE -I. -I/usr/include/libxml2 -include harness/mutant.h

asan: ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer
	$(Q)$(MAKE) --no-print-directory VARIANT=asan test

tsan: ## all cases under ThreadSanitizer (Criterion does not run under it); a race fails its case
	$(Q)TSAN_OPTIONS="halt_on_error=1 $$TSAN_OPTIONS" $(MAKE) --no-print-directory VARIANT=tsan run

cov: ## line coverage of the tests
	$(Q)$(MAKE) --no-print-directory VARIANT=cov test
	$(Q)cd build/cov && find obj -name '*.gcda' | xargs gcov -n 2>/dev/null | \
	    awk '/^File/ { file = $$2 } /^Lines/ { print $$2, file }' | grep -v /usr/ | sort -u

golden: $(call test,reports) ## write the reports' expected outputs anew; review the diff
	$(Q)GOLDEN_WRITE=1 $(call test,reports)

install-library: $(EMBED_FILES) ## install the fake server's library, headers and pkg-config file only
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include/counterseal/fake_server
	install -m 644 fake_server/fake_server.h fake_server/event.h $(DESTDIR)$(PREFIX)/include/counterseal/fake_server
	install -m 644 $(EMBED_FILES) $(DESTDIR)$(PREFIX)/lib
	ln -sf $(EMBED).so.$(ABI) $(DESTDIR)$(PREFIX)/lib/$(EMBED).so
	sed 's|@PREFIX@|$(abspath $(PREFIX))|; s|@VERSION@|$(VERSION)|' fake_server/counterseal-fake-server.pc.in \
	    >$(DESTDIR)$(PREFIX)/lib/pkgconfig/counterseal-fake-server.pc

install: all install-library ## install to PREFIX, below DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/counterseal
	install -m 755 $(PROGRAMS:%=$(BUILD)/%) $(DESTDIR)$(PREFIX)/bin
	cp -R cases $(DESTDIR)$(PREFIX)/share/counterseal/

clean: ## remove build/
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
