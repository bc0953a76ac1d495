"""Bitmaps (PBM P4) as rows of bytes."""


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    magic, size, rest = data.split(b"\n", 2)
    width, height = map(int, size.split())
    stride = (width + 7) // 8
    assert magic == b"P4" and len(rest) == stride * height
    return width, height, [rest[i * stride:(i + 1) * stride] for i in range(height)]


def write(path, width, rows):
    with open(path, "wb") as file:
        file.write(b"P4\n%d %d\n" % (width, len(rows)) + b"".join(rows))
