# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the node may do under SROS 2: a policy of exactly its topics and services.

``python -m rlt_ros.ros.interface.security > tracker.policy.xml``
"""

from __future__ import annotations

import argparse
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable

from rlt_ros.ros.interface.launch_arguments import NODE_NAME
from rlt_ros.ros.interface.services import SERVICES
from rlt_ros.ros.interface.topics import COMPRESSED_IMAGES, IMAGES, PUBLISHED, SUBSCRIBED

# Of every node, and of every managed one.
OWN_PUBLISHED = ("/rosout", "/parameter_events", "~/transition_event")
OWN_SUBSCRIBED = ("/clock",)  # with use_sim_time
OWN_SERVICES = (
    *("~/describe_parameters", "~/get_parameter_types", "~/get_parameters", "~/list_parameters"),
    *("~/set_parameters", "~/set_parameters_atomically", "~/get_type_description"),
    *("~/change_state", "~/get_state", "~/get_available_states"),
    *("~/get_available_transitions", "~/get_transition_graph"),
)


def published() -> list[str]:
    """Return the names of all topics that the node may publish."""
    return [*OWN_PUBLISHED, *(topic.name for topic in PUBLISHED)]


def subscribed(image_topic: str = IMAGES.name) -> list[str]:
    """Return the names of all topics that the node may subscribe to.

    Args:
        image_topic: what `image_raw` is remapped to.
    """
    images = {
        IMAGES.name: image_topic,
        COMPRESSED_IMAGES.name: f"{image_topic}/{COMPRESSED_IMAGES.name.rpartition('/')[2]}",
    }
    return [*OWN_SUBSCRIBED, *(images.get(topic.name, topic.name) for topic in SUBSCRIBED)]


def services() -> list[str]:
    """Return the names of all services that the node may have."""
    return [*OWN_SERVICES, *(service.name for service in SERVICES)]


def policy(namespace: str = "/rlt", image_topic: str = IMAGES.name) -> str:
    """Return an SROS 2 policy; the enclave has the node's full name."""
    path = f"{namespace.rstrip('/')}/{NODE_NAME}"
    root = ElementTree.Element("policy", version="0.2.0")
    enclave = ElementTree.SubElement(ElementTree.SubElement(root, "enclaves"), "enclave", path=path)
    profile = ElementTree.SubElement(
        ElementTree.SubElement(enclave, "profiles"),
        "profile",
        ns=namespace if namespace.startswith("/") else f"/{namespace}",
        node=NODE_NAME,
    )
    _rules(profile, "topic", {"publish": "ALLOW"}, published())
    _rules(profile, "topic", {"subscribe": "ALLOW"}, subscribed(image_topic))
    _rules(profile, "service", {"reply": "ALLOW"}, services())
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _rules(
    profile: ElementTree.Element, kind: str, right: dict[str, str], names: Iterable[str]
) -> None:
    rules = ElementTree.SubElement(profile, f"{kind}s", right)
    for name in names:
        ElementTree.SubElement(rules, kind).text = name


def main() -> None:
    """Print the policy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--namespace", default="/rlt", help="of the node (default: /rlt)")
    parser.add_argument("--image-topic", default=IMAGES.name, help="what image_raw is remapped to")
    given = parser.parse_args()
    print(policy(given.namespace, given.image_topic), end="")


if __name__ == "__main__":
    main()
