# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The browser panel: a ROS node and a web server in one process, beside the trackers.

``main``           the command ``rlt-panel``
``panel_node``     ROS: subscribes to what viewers watch, and to nothing else; services
``graph``          ROS: which trackers and cameras are there, and why one is silent
``steering``       ROS: what viewers ask of trackers,
``calls``          ROS: their services, or the topic of init boxes where there are none
``as_json``        status, detections and health as what the browser gets
``encoder``        images as JPEG, in a thread of its own
``exposure``       images of more than 8 bits: what of them is black and what white
``protocol``       what goes over the socket, both ways
``hub``            the viewers, what each watches, and what waits for each
``access``         token, origin and host, checked for every request
``server``         routes and the socket
``static``         the page: plain ES modules, and uPlot (MIT) with its licence
"""
