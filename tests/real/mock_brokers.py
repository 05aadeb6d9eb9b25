"""Kafka's protocol in a process of its own: the brokers that come with librdkafka for tests.

    python -m tests.real.mock_brokers TOPIC PARTITIONS

Prints where they are. Takes a word a line: `down` cuts all connections and lets nobody in, `up` lets them in again, and
what was acknowledged is still there.
"""

import ctypes
import sys
from pathlib import Path

import confluent_kafka

PRODUCER = 0
ERROR_BYTES = 512
BROKER = 1


def library() -> ctypes.CDLL:
    """The one that is loaded already: its own names are found in it."""
    (path,) = (Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs").glob("librdkafka-*.so*")
    lib = ctypes.CDLL(str(path))
    pointers = ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new")
    for name in pointers:
        getattr(lib, name).restype = ctypes.c_void_p
    lib.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    return lib


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def serve(topic: str, partitions: int) -> None:
    lib = library()
    error = ctypes.create_string_buffer(ERROR_BYTES)
    conf = ctypes.c_void_p(lib.rd_kafka_conf_new())
    client = ctypes.c_void_p(lib.rd_kafka_new(PRODUCER, conf, error, ctypes.c_size_t(ERROR_BYTES)))
    cluster = ctypes.c_void_p(lib.rd_kafka_mock_cluster_new(client, 1))
    lib.rd_kafka_mock_topic_create(cluster, topic.encode(), partitions, 1)
    say(lib.rd_kafka_mock_cluster_bootstraps(cluster).decode())
    for word in sys.stdin:
        if word.strip() == "down":
            lib.rd_kafka_mock_broker_set_down(cluster, BROKER)
        else:
            lib.rd_kafka_mock_broker_set_up(cluster, BROKER)
        say("done")


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
