# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs installed commands one after another, each in a fork of a process that has imported torch.

A line on standard input is a JSON list: where to run, a file for what is printed, a script, and its
arguments. The answer is a line with
the process's number, and one with its exit code. Importing torch anew for dozens of commands would
take minutes. Nothing of rlt_ros is imported here: what runs is the script as it was installed.
"""

from __future__ import annotations

import json
import os
import runpy
import sys

import cv2  # noqa: F401
import matplotlib.figure  # noqa: F401
import scipy.stats  # noqa: F401
import torch  # noqa: F401


def main() -> None:
    for line in sys.stdin:
        folder, output, script, *arguments = json.loads(line)
        process = os.fork()
        if not process:
            os.chdir(folder)
            os.setsid()  # as a terminal would have it: a signal to all of this command
            file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(file, 1)
            os.dup2(file, 2)
            sys.argv = [script, *arguments]
            sys.path[0] = os.path.dirname(script)  # noqa: PTH120
            runpy.run_path(script, run_name="__main__")
            raise SystemExit("the script did not end the process")
        print(process, flush=True)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
