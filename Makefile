# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# `make help` lists what can be made. Where ROS 2 is sourced (ROS_DISTRO is set) it is used;
# elsewhere ROS 2 Jazzy comes from PyPI. Either way nothing outside this folder is changed.
# Another Python: make PYTHON=python3.12 ... (every time, or once as an environment variable).

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo panel test lint clean

# Python may write what it has compiled, wherever this is set (as in many containers): else each of
# the hundreds of processes that tests start compiles PyTorch and all else anew.
unexport PYTHONDONTWRITEBYTECODE

# The Python to make the environment with: that of the sourced ROS, or 3.11 where there is one.
ifdef ROS_DISTRO
PYTHON ?= python3
else
PYTHON ?= $(if $(shell command -v python3.11),python3.11,python3)
endif

# For `make demo`: your own video (a file) and the target's box in its first frame (x,y,w,h pixels).
VIDEO :=
BOX :=
# How fast the video is replayed: 1 as it was recorded, 0.5 half as fast, so that fewer frames drop.
RATE :=

# What to hand on, to the demo (ARGS="--preset paper") or to pytest (ARGS="test/packaging -k wheel").
ARGS :=

# For `make test`: processes to run tests in; 0 runs them in this one (JOBS=0 ARGS="--pdb -k box").
JOBS := 2

# What colcon installs. A newer file among these means that it has to run again.
INSTALLED := $(shell find rlt_ros launch config msg srv ros_from_pypi -type f -not -name '*.pyc') \
  CMakeLists.txt package.xml tools/command.py.in tools/build.sh

help:  ## list these commands
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: venv  ## make the environment .venv and build the ROS package (the others do it by themselves)
	@$(MAKE) -s --no-print-directory install/.built

demo: setup  ## track a target in a video through the ROS 2 node; results in out/demo (VIDEO=file BOX=x,y,w,h RATE=0.5)
	@. tools/env.sh && python -m rlt_ros.demo --from-make \
	  $(if $(VIDEO),--video="$(VIDEO)") $(if $(BOX),--box="$(BOX)") \
	  $(if $(RATE),--rate="$(RATE)") $(ARGS)

panel: setup  ## play a video over and over through the ROS 2 node, to see and steer in a browser (VIDEO=file)
	@. tools/env.sh && python -m rlt_ros.demo.panel $(if $(VIDEO),--video="$(VIDEO)") $(ARGS)

# A test that fails is run once more and listed as rerun: real nodes, browsers and DDS on a machine
# that others load can fail for that alone, as in ROS's own tests (colcon's --retest-until-pass).
# Their order is that of test/conftest.py.
test: lint  ## check style and types, then run all tests; what fails is run once more
	@. tools/env.sh && OMP_WAIT_POLICY=passive python -m pytest -n $(JOBS) --dist loadfile \
	  --no-loadscope-reorder --reruns 1 --rerun-show-tracebacks $(ARGS)

lint: setup  ## check style (ruff) and types (mypy), these with the oldest numpy as well
	@. tools/env.sh && ruff check && ruff format --check && \
	  { PYTHONPATH=.venv/oldest:$$PYTHONPATH mypy --cache-dir=.mypy_cache/oldest & } && \
	  { mypy; newest=$$?; wait $$! && exit $$newest; }

clean:  ## remove all that was made, except results in out
	rm -rf .venv build install log *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: venv
venv:
	@command -v $(PYTHON) >/dev/null || { echo "make: there is no $(PYTHON) here. Install" \
	  "Python 3.11, or name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "make: $(PYTHON) is" \
	  "$$($(PYTHON) -V 2>&1), and 3.10 or newer is needed. Name another one:" \
	  "make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) tools/make_venv.py

install/.built: $(INSTALLED) .venv/ready.json
	@tools/build.sh
