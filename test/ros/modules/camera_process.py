# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera in a process of its own, which can be killed.

Run as ``python camera_process.py NAMESPACE``: it sends the first frame of the synthetic video, ten
a second.
"""

from __future__ import annotations

import sys
import time

import rclpy
from node_bench import image_message, picture
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image


def main(namespace: str) -> None:
    rclpy.init()
    node = rclpy.create_node("camera", namespace=namespace)
    camera = node.create_publisher(Image, "image_raw", QoSProfile(depth=5))
    message = image_message(picture(0))
    while True:
        message.header.stamp = node.get_clock().now().to_msg()
        camera.publish(message)
        time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1])
