"""What the library makes of the pictures in a folder: tools/pictures.sh runs it, with $VALUES the
program that tools/picture_values.c is.

  pictures.py compare FOLDER   its pixels are Pillow's, or it refuses; says how many, and names
                               the others
  pictures.py read FOLDER      how many PNG and JPEG files are read
"""
import collections, os, subprocess, sys, warnings

import numpy
from PIL import Image

ALL = (".png", ".apng", ".jpg", ".jpeg", ".jfif", ".mpo", ".pbm", ".pgm", ".ppm", ".pnm", ".pam")
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
warnings.simplefilter("ignore")


def read(path, *shape):
    """Values [height, width, channels] and levels, or None and why not."""
    done = subprocess.run([os.environ["VALUES"], path, *map(str, shape)], capture_output=True)
    if done.returncode != 0:
        return None, done.stderr.decode().strip()
    head, values = done.stdout.split(b"\n", 1)
    height, width, channels, levels = map(int, head.split())
    return (numpy.frombuffer(values, "u2").reshape(height, width, channels), levels), None


def pillow(path):
    """The opened picture with its first frame loaded, or None."""
    try:
        image = Image.open(path)
        image.seek(0)
        image.load()
        return image
    except Exception:  # of any kind: it does not read the file
        return None


def same(image, values, levels):
    """Whether these are Pillow's pixels. It spreads levels over 0..255 or 0..65535, and has but 8
    bits of colours."""
    channels = values.shape[2]
    if values.shape[:2] != (image.height, image.width):
        return False
    if image.mode.startswith("I"):
        return numpy.array_equal(numpy.rint(values[:, :, 0] * 65535.0 / (levels - 1)),
                                 numpy.array(image))
    want = numpy.array(image.convert(MODES[channels])).reshape(values.shape)
    if levels == 65536:
        return numpy.array_equal(values >> 8, want)
    return numpy.array_equal(numpy.floor(values * 255.0 / (levels - 1) + 0.5), want)


def compare(path):
    """What is the case, and of refusals why."""
    image = pillow(path)
    bits = path.endswith(".pbm") and image is not None  # rows are examples unless a shape says more
    found, why = read(path, *((image.height, image.width) if bits else ()))
    if found is None:
        return ("refused, as Pillow does" if image is None else "refused, read by Pillow"), why
    if image is None:
        return "read, refused by Pillow", ""
    return ("read, equal" if same(image, *found) else "read, OTHER PIXELS"), ""


def files(folder, endings):
    for place, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.lower().endswith(endings) and not os.path.islink(os.path.join(place, name)):
                yield os.path.join(place, name)


def main():
    verb, folder = sys.argv[1:]
    counts, named = collections.Counter(), []
    for path in files(folder, ALL if verb == "compare" else (".png", ".jpg", ".jpeg")):
        kind, why = compare(path) if verb == "compare" else ("read", read(path)[1])
        kind = "refused" if verb == "read" and why else kind
        counts[kind] += 1
        if kind not in ("read, equal", "read"):
            named.append(f"  {kind}: {os.path.relpath(path, folder)} {why or ''}")
    total = sum(counts.values())
    print(f"{folder}: {total} files")
    for kind, count in counts.most_common():
        print(f"  {kind}: {count} ({100.0 * count / total:.2f} %)")
    print("\n".join(named))


if __name__ == "__main__":
    main()
