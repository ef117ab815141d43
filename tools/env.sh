# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Source this in bash after `make setup`:  . tools/env.sh
# Then `python`, the commands `rlt-track` and `rlt-bench`, `import rclpy` and `import rlt_ros.msg`
# work in this shell. What it sets is in env.bash: every shell can read the lines here.

test -n "$BASH_VERSION" || echo "tools/env.sh works in bash only: start bash, then: . tools/env.sh" >&2
test -n "$BASH_VERSION" && eval '. "$(dirname "${BASH_SOURCE[0]}")/env.bash"'
