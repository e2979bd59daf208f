# KataActors. `make run` shows a container in its own VM, `make test` runs every test; `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

PREFIX ?= /usr/local
DESTDIR ?=
CONFIGURATION ?= Release

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
export MSBUILDDISABLENODEREUSE := 1

stage := artifacts/prefix
share := $(stage)/share/kata-actors
libexec := $(stage)/libexec/kata-actors
publish := artifacts/publish
guest := artifacts/guest
manual := $(stage)/share/man/man8/kata-actors.8
hocon := $(patsubst %,$(share)/%,$(filter-out hocon/test.conf,$(wildcard hocon/*.conf)))

# The source files of the projects $(1); the lists of files reveal deleted ones.
files_of = $(shell find $(addprefix src/,$(1)) \( -name bin -o -name obj \) -prune -o -type f -print)
sources = Directory.Build.props Directory.Packages.props $(addprefix artifacts/files/,$(1)) $(call files_of,$(1))
dotnet_publish = dotnet publish -c Release -v minimal -nologo -p:PublishDocumentationFiles=false -p:PublishReferencesDocumentationFiles=false

.PHONY: help deps deps-test build guest-kernel initramfs install run test test-kvm soak simulate crashes fuzz bench clean

help:
	@echo 'make run            run a busybox container in a VM and show it (installs missing packages)'
	@echo 'make test           build, then run every test'
	@echo 'make test-kvm       run every check of KVM: on this machine, or in a test VM that emulates an AMD CPU'
	@echo 'make soak           repeat the tests of rare failures RUNS times'
	@echo 'make simulate       run the core in SEEDS orders of replies, with crashes at each point of some; SEED=n is the first'
	@echo 'make fuzz           change configurations and command lines at random for SECONDS in each of four tests; SEED=n is the first'
	@echo 'make crashes        crash the daemon at every crash point in the life of a container, a template and a pool VM'
	@echo 'make build          publish everything into $(stage)'
	@echo 'make guest-kernel   build our own minimal guest kernel (5 to 10 minutes); used by build and install from then on'
	@echo 'make initramfs      build the guest image only'
	@echo 'make install        copy the build to $$(DESTDIR)$$(PREFIX), by default /usr/local'
	@echo 'make bench          measure against the peers; RESULTS=1 writes bench/results/DATE.md too'

deps:
	@scripts/deps build run

deps-test: deps
	@scripts/deps test

build: deps
	@$(MAKE) --no-print-directory stage

artifacts/files/%: FORCE
	@mkdir -p $(@D)
	@echo '$(sort $(call files_of,$*))' | cmp -s - $@ || echo '$(sort $(call files_of,$*))' > $@

.PHONY: stage
stage: $(stage)/bin/kata-actors $(libexec)/kata-actorsd $(libexec)/kata-actors-standin $(share)/vmlinuz $(share)/initramfs.cpio $(hocon) $(manual)

$(publish)/agent/kata-actors-agent: $(call sources,Agent Protocol Linux Oci)
	@echo 'build: the agent (NativeAOT)'
	@# The linker's options are not inputs of its step: without this, a changed option would leave the old binary.
	@rm -rf src/Agent/obj/Release/net10.0/linux-x64/native
	@$(dotnet_publish) src/Agent -o $(@D)
	@touch $@

$(stage)/bin/kata-actors: $(call sources,Cli Protocol Linux Oci)
	@echo 'build: the command line (NativeAOT)'
	@rm -rf src/Cli/obj/Release/net10.0/linux-x64/native
	@$(dotnet_publish) src/Cli -o $(publish)/cli
	@mkdir -p $(@D)
	@install -m 0755 $(publish)/cli/kata-actors $@

# One of the manual pages; the others and the completions of the shells are made with it.
$(manual): $(call sources,Manual Cli Protocol Linux Oci)
	@echo 'build: manual pages and completions'
	@dotnet build src/Manual -c Release -v quiet -nologo -o artifacts/tools/manual
	@rm -rf $(addprefix $(stage)/share/,man bash-completion zsh fish)
	@dotnet exec artifacts/tools/manual/kata-actors-manual.dll $(stage)
	@touch $@

$(publish)/standin/kata-actors-standin: $(call sources,Cli Protocol Linux)
	@echo 'build: the stand-in (NativeAOT)'
	@$(dotnet_publish) src/Cli/StandIn -o $(@D)
	@touch $@

# After the daemon, which clears the folder.
$(libexec)/kata-actors-standin: $(publish)/standin/kata-actors-standin $(libexec)/kata-actorsd
	@install -m 0755 $< $@

$(libexec)/kata-actorsd: $(call sources,ActorSystem Model Hypervisor Cgroups Network Protocol Linux Oci)
	@echo 'build: the daemon (ReadyToRun)'
	@rm -rf $(publish)/daemon $(libexec)
	@$(dotnet_publish) src/ActorSystem -r linux-x64 --self-contained -p:PublishReadyToRun=true -o $(publish)/daemon
	@mkdir -p $(stage)/bin $(libexec)
	@cp -a $(publish)/daemon/. $(libexec)/
	@ln -sfn ../libexec/kata-actors/kata-actorsd $(stage)/bin/kata-actorsd
	@touch $@

$(share)/hocon/%.conf: hocon/%.conf
	@mkdir -p $(@D)
	@install -m 0644 $< $@

# The kernel: our own when it has been built, else Debian's with its modules in the initramfs.
own_kernel := $(wildcard $(guest)/own/vmlinux)
kernel := $(or $(own_kernel),$(guest)/debian/vmlinuz)
ifneq ($(own_kernel),)
module_options :=
else
module_options := --modules $(guest)/debian/modules --module-list src/Guest/debian.modules
endif

$(guest)/debian/vmlinuz:
	@scripts/kernel-debian $(guest)/debian

guest-kernel:
	@scripts/deps kernel
	@scripts/kernel-own src/Guest/kernel.config $(guest)/own
	@if [ -d $(stage) ]; then $(MAKE) --no-print-directory stage; fi

# Changes when the other kernel is chosen.
$(guest)/kernel-choice: FORCE
	@mkdir -p $(@D)
	@echo '$(kernel)' | cmp -s - $@ || echo '$(kernel)' > $@

FORCE:

$(share)/vmlinuz: $(kernel) $(guest)/kernel-choice
	@mkdir -p $(@D)
	@install -m 0644 $< $@

artifacts/tools/kata-actors-guest.dll: $(call sources,Guest)
	@echo 'build: the initramfs builder'
	@dotnet build src/Guest -c Release -v quiet -nologo -o $(@D)
	@touch $@

$(share)/initramfs.cpio: $(publish)/agent/kata-actors-agent artifacts/tools/kata-actors-guest.dll src/Guest/debian.modules $(kernel) $(guest)/kernel-choice
	@mkdir -p $(@D)
	@dotnet exec artifacts/tools/kata-actors-guest.dll initramfs --init $< --output $@ $(module_options)

# A guest with Debian's kernel whichever one the product uses; the tests of cgroup v2 run in it.
$(guest)/debian/initramfs.cpio: $(publish)/agent/kata-actors-agent artifacts/tools/kata-actors-guest.dll src/Guest/debian.modules $(guest)/debian/vmlinuz
	@dotnet exec artifacts/tools/kata-actors-guest.dll initramfs --init $< --output $@ \
	    --modules $(guest)/debian/modules --module-list src/Guest/debian.modules

# The test VM that has KVM: Debian's kernel with those modules.
$(guest)/kvm/initramfs.cpio: tests/Kvm.Tests/init tests/Kvm.Tests/kvm.modules artifacts/tools/kata-actors-guest.dll $(guest)/debian/vmlinuz
	@mkdir -p $(@D)
	@dotnet exec artifacts/tools/kata-actors-guest.dll initramfs --init $< --output $@ --busybox /bin/busybox \
	    --modules $(guest)/debian/modules --module-list tests/Kvm.Tests/kvm.modules

initramfs: deps
	@$(MAKE) --no-print-directory $(share)/initramfs.cpio

install: build
	@install -d '$(DESTDIR)$(PREFIX)'
	@rm -rf '$(DESTDIR)$(PREFIX)/libexec/kata-actors' '$(DESTDIR)$(PREFIX)/share/kata-actors'
	@cp -a --remove-destination $(stage)/. '$(DESTDIR)$(PREFIX)/'
	@echo 'installed in $(DESTDIR)$(PREFIX)'

run: build
	@scripts/run $(stage)

# With our own kernel: its build costs less time than Debian's longer boots in all tests together.
test: deps-test guest-kernel
	@$(MAKE) --no-print-directory test-built

.PHONY: test-built
test-built: build $(guest)/debian/initramfs.cpio $(guest)/kvm/initramfs.cpio
	@echo 'test: building'
	@dotnet build KataActors.sln -c $(CONFIGURATION) -v quiet -nologo
	@scripts/test $(CONFIGURATION)

# Everything under KVM, on a machine without it in a test VM: up to half an hour.
test-kvm: deps-test guest-kernel
	@$(MAKE) --no-print-directory build $(guest)/debian/initramfs.cpio $(guest)/kvm/initramfs.cpio
	@dotnet build tests/Kvm.Tests -c $(CONFIGURATION) -v quiet -nologo
	@KVM_SECONDS=2400 tests/Kvm.Tests/run $(CONFIGURATION)

soak: deps-test build
	@dotnet build tests/EndToEnd.Tests -c $(CONFIGURATION) -v quiet -nologo
	@KATA_ACTORS_TEST_RUNS=$(or $(RUNS),200) dotnet exec tests/EndToEnd.Tests/bin/$(CONFIGURATION)/net10.0/KataActors.EndToEnd.Tests.dll -noLogo -noColor -class '*BulkInputSpecs'

SEEDS ?= 100000
SEED ?= 1

simulate:
	@dotnet build tests/ActorSystem.Tests -c $(CONFIGURATION) -v quiet -nologo
	@KATA_ACTORS_TEST_RUNS=$(SEEDS) KATA_ACTORS_TEST_SEED=$(SEED) dotnet exec tests/ActorSystem.Tests/bin/$(CONFIGURATION)/net10.0/KataActors.Runtime.Tests.dll -noLogo -noColor -diagnostics -class '*SimulationSpecs'

SECONDS ?= 300

fuzz:
	@dotnet build tests/Fuzz.Tests -c $(CONFIGURATION) -v quiet -nologo
	@KATA_ACTORS_TEST_SECONDS=$(SECONDS) KATA_ACTORS_TEST_SEED=$(SEED) dotnet exec tests/Fuzz.Tests/bin/$(CONFIGURATION)/net10.0/KataActors.Fuzz.Tests.dll -noLogo -noColor

# RUNS is the number of crash points, by default all; SEED chooses them.
crashes: deps-test build
	@dotnet build tests/EndToEnd.Tests -c $(CONFIGURATION) -v quiet -nologo
	@KATA_ACTORS_TEST_RUNS=$(or $(RUNS),1000) KATA_ACTORS_TEST_SEED=$(SEED) dotnet exec tests/EndToEnd.Tests/bin/$(CONFIGURATION)/net10.0/KataActors.EndToEnd.Tests.dll -noLogo -noColor -diagnostics -class '*CrashPointSpecs'

bench: build
	@scripts/deps bench
	@echo 'bench: building'
	@dotnet build bench/KataActors.Bench -c Release -v quiet -nologo
	@dotnet exec bench/KataActors.Bench/bin/Release/net10.0/kata-actors-bench.dll --prefix $(stage) \
	    --kernel $(if $(own_kernel),own,Debian) $(if $(RESULTS),--results bench/results)

clean:
	rm -rf artifacts/prefix artifacts/publish artifacts/files artifacts/tools artifacts/test-results
