# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`pip install .` installs the library and its command-line tools, without ROS.

Names and dependencies stand in pyproject.toml, the version in package.xml.
"""

import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildFromSourcesOnly(build_py):
    """Leaves out what an earlier build left in build/lib, such as modules deleted since."""

    def run(self) -> None:
        """Build."""
        if not self.editable_mode:
            shutil.rmtree(Path(self.build_lib) / "rlt_ros", ignore_errors=True)
        super().run()


MANIFEST = ElementTree.parse(Path(__file__).with_name("package.xml")).getroot()

setup(version=MANIFEST.findtext("version"), cmdclass={"build_py": BuildFromSourcesOnly})
