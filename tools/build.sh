#!/usr/bin/env bash
# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# Builds rlt_ros, and vision_msgs where ROS comes from PyPI, into install/ with colcon.
set -eo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
_rlt_building=1  # which env.sh would ask for otherwise
. tools/env.sh

packages=(.)
if [ -z "${ROS_DISTRO-}" ]; then
  packages+=(ros_from_pypi/vision_msgs)
fi

arguments=(
  -DCMAKE_BUILD_TYPE=Release
  -DBUILD_TESTING=OFF
  -DPython3_EXECUTABLE="$VIRTUAL_ENV/bin/python"
)
if command -v ninja >/dev/null; then
  arguments+=(-G Ninja)
fi

# Links to files that have been deleted or renamed since the last build.
[ ! -d install ] || find install -xtype l -delete

echo "==> Building the ROS messages and the package (log: log/latest_build)"
if [ ! -t 1 ]; then  # only on terminals colcon shows that it is at work
  while sleep 15 &>/dev/null; do echo "    $SECONDS s"; done &
  trap "kill $!" EXIT
fi
# By itself colcon limits compilers by the machine's load, down to one where others use it, too. A
# number given here lifts that; what a `make -j` above has given is left as it is.
case " ${MAKEFLAGS-} " in
  *" -j"*) ;;
  *) export MAKEFLAGS="${MAKEFLAGS-} -j$(nproc)" ;;
esac

# Symbolic links: edits of Python, launch and YAML files take effect without building again.
# Its warning that the wheels bring no setup files is not for us to heed: hence the log level.
colcon --log-level error build --symlink-install --paths "${packages[@]}" \
  --event-handlers console_cohesion- summary- --cmake-args "${arguments[@]}"
touch install/.built
