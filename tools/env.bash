# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The environment that env.sh sets; env.sh says in other shells that they do not understand this.

_rlt_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
_rlt_venv=$_rlt_root/.venv

# What was made beside one ROS does not work beside another.
if ! grep -qs "\"ros\": \"${ROS_DISTRO-}\"" "$_rlt_venv/ready.json"; then
  echo "tools/env.sh: the environment in .venv is missing, unfinished or for" \
    "another ROS 2 than this shell's (${ROS_DISTRO:-none is sourced}). First run: make setup" >&2
  unset _rlt_root _rlt_venv
  return 1
fi

# Puts directory $2 at the front of the colon-separated variable $1.
_rlt_prepend() {
  export "$1=$2${!1:+:${!1}}"
}

export VIRTUAL_ENV=$_rlt_venv
_rlt_prepend PATH "$_rlt_venv/bin"

if [ -z "${ROS_DISTRO-}" ]; then
  # ROS 2 from PyPI lies in the virtual environment: say so to the build tools and the loader.
  _rlt_prepend AMENT_PREFIX_PATH "$_rlt_venv"
  _rlt_prepend CMAKE_PREFIX_PATH "$_rlt_venv"
  for _rlt_dir in "$_rlt_venv"/lib "$_rlt_venv"/lib/python3*/site-packages/ros_*.libs; do
    _rlt_prepend LD_LIBRARY_PATH "$_rlt_dir"
  done
  # The wheels would otherwise start Python a second time to set LD_LIBRARY_PATH.
  export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1
  export RMW_IMPLEMENTATION=rmw_fastrtps_cpp
  # Nothing is sent beyond this machine, unless you set this.
  export ROS_AUTOMATIC_DISCOVERY_RANGE=${ROS_AUTOMATIC_DISCOVERY_RANGE-LOCALHOST}
fi

# Room for whole images between processes: see the file. Yours wins; other middleware ignores it.
if [ -z "${FASTRTPS_DEFAULT_PROFILES_FILE-}${FASTDDS_DEFAULT_PROFILES_FILE-}" ]; then
  export FASTRTPS_DEFAULT_PROFILES_FILE=$_rlt_root/config/fastdds.xml  # Fast DDS 2
  export FASTDDS_DEFAULT_PROFILES_FILE=$FASTRTPS_DEFAULT_PROFILES_FILE  # Fast DDS 3
fi

# The workspace that colcon built: rlt_ros and, without an installed ROS, vision_msgs.
if [ -f "$_rlt_root/install/local_setup.bash" ]; then
  _rlt_options=$(set +o)
  set +u  # colcon's script reads variables that may not exist
  . "$_rlt_root/install/local_setup.bash"
  eval "$_rlt_options"
elif [ -z "${_rlt_building-}" ]; then
  echo "tools/env.sh: rlt_ros is not built yet, so its commands and messages are missing." \
    "Run: make setup" >&2
fi

# The source folder comes first: edited and new modules count without building again.
_rlt_prepend PYTHONPATH "$_rlt_root"

unset -f _rlt_prepend
unset _rlt_root _rlt_venv _rlt_dir _rlt_options
