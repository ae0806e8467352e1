#!/usr/bin/env python3
"""Reads a TensorBoard event file as TensorBoard does, with the standard library alone, and prints its series. By hand:

    tests/Fixtures/read_events.py RUN/…/events.out.tfevents.*

Written from the TFRecord format (length, masked CRC-32C of it, data, masked CRC-32C of that) and tensorflow/core/util/event.proto:
Event 1 wall_time, 2 step, 3 file_version, 5 summary; Summary 1 value; Value 1 tag, 2 simple_value, 8 tensor. Ends with code 1 where a
checksum is wrong, the file does not begin with its version, or steps go back within a series.
"""
import struct
import sys

TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)


def masked_crc(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    at = 0
    while at < len(data):
        head, = struct.unpack_from("<Q", data, at)
        assert struct.unpack_from("<I", data, at + 8)[0] == masked_crc(data[at:at + 8]), f"length's checksum at byte {at}"
        body = data[at + 12:at + 12 + head]
        assert len(body) == head and struct.unpack_from("<I", data, at + 12 + head)[0] == masked_crc(body), f"data's checksum at byte {at}"
        yield body
        at += 16 + head


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return value, at


def fields(message):
    """(number, value) of each field; values are ints, or bytes of 4, 8 or any length."""
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        if key & 7 == 0:
            value, at = varint(message, at)
        else:
            size, at = {1: (8, at), 5: (4, at)}.get(key & 7) or varint(message, at)
            value, at = message[at:at + size], at + size
        yield key >> 3, value


def main(path):
    series, version = {}, None
    for body in records(open(path, "rb").read()):
        event = {}
        for number, value in fields(body):
            event.setdefault(number, []).append(value)
        if version is None:
            version = event[3][0].decode()
            assert version == "brain.Event:2", version
        for summary in event.get(5, []):
            for number, value in fields(summary):
                if number == 1:
                    one = dict(fields(value))
                    if 2 in one:
                        series.setdefault(one[1].decode(), []).append((event.get(2, [0])[0], struct.unpack("<f", one[2])[0]))
    for tag, points in sorted(series.items()):
        steps = [step for step, _ in points]
        assert steps == sorted(steps), f"{tag}: steps go back"
        print(f"{tag}: {len(points)} points, steps {steps[0]} to {steps[-1]}, first {points[0][1]:.6g}, last {points[-1][1]:.6g}")
    return 0 if series else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
