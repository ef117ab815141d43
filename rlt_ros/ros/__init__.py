# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 node around the tracker library: thin glue, one job per module.

``tracker_node``        topics and parameters in, topics out
``stop_signals``        SIGINT and SIGTERM from the first import on
``tracking_worker``     the one thread that owns the tracker (no ROS in it, nor in the next three)
``frame_queue``         frames and init boxes on their way to it: order, counts, which names which
``box_stream``          init boxes that come faster than they can be learned
``complaints``          the same warning once in a while only
``parameters``          every parameter of the node, declared once
``messages``            results and status as vision_msgs and rlt_ros messages
``image_conversion``    sensor_msgs/Image <-> RGB arrays
``cv_bridge_check``     whether the installed cv_bridge can be used for that
``image_subscription``  the camera's images, with a QoS that fits their publishers
``input_watch``         when something is said about what does not come in,
``missing_images``      about images: what, and what to do about it,
``misconnections``      about everything else around the node
``launch_arguments``    what the launch arguments may hold
"""
