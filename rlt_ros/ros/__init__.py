# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 node around the tracker library: thin glue, one job per module.

``tracker_node``   puts the rooms together: topics and parameters in, topics out
``tracker_nodes``  several of these in one process

Its rooms, in the order in which a message goes through them:

``interface``      what users see of the node, declared once: topics, parameters, launch arguments
``inputs``         the camera's images, with a QoS that fits their publishers, as RGB arrays
``worker``         the one thread that owns the tracker, and what waits for it (no ROS in it)
``outputs``        results, pictures and status as messages
``watching``       what is wrong around the node, and what to do about it

And beside them:

``life_cycle``     a managed node whose failed transitions say why
``error_texts``    errors in one line (no ROS in it)
``spinning``       running callbacks until the node has had enough
``stop_signals``   SIGINT and SIGTERM from the first import on
"""
