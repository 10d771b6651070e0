"""Data sets as repositories, the same under WORKSPACE and under MODULE.bazel."""

# Where Debian's package dataset-fashion-mnist puts the files. It packs the same images anew, so its
# archives differ from the upstream ones in their gzip headers, and the checksums below do not hold
# for them.
_FASHION_MNIST_FOLDER = "/usr/share/datasets/fashion-mnist/"
_FASHION_MNIST_URLS = [
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
]
_FASHION_MNIST_FILES = {
    "test_images": ("t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    "test_labels": ("t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    "train_images": ("train-images-idx3-ubyte.gz", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    "train_labels": ("train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
}

def _fashion_mnist_impl(ctx):
    build = "package(default_visibility = [\"//visibility:public\"])\n"
    for label, (file, sha256) in _FASHION_MNIST_FILES.items():
        installed = ctx.path(_FASHION_MNIST_FOLDER + file)
        if installed.exists:
            ctx.symlink(installed, file)
        else:
            ctx.download([url + file for url in _FASHION_MNIST_URLS], file, sha256)
        build += "\nfilegroup(name = \"%s\", srcs = [\"%s\"])\n" % (label, file)
    build += "\nfilegroup(name = \"all\", srcs = %r)\n" % [
        file
        for file, _ in _FASHION_MNIST_FILES.values()
    ]
    ctx.file("WORKSPACE", "workspace(name = \"fashion_mnist\")\n")
    ctx.file("BUILD", build)

fashion_mnist_repository = repository_rule(
    implementation = _fashion_mnist_impl,
    doc = """Fashion-MNIST: 60,000 + 10,000 images of clothes, 28 x 28 grey values, 10 classes.

    :train_images, :train_labels, :test_images and :test_labels are one gzip'd IDX file each, :all
    the four of them; from the installed Debian package, or downloaded. (Xiao, Rasul, Vollgraf:
    "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", 2017.)""",
)
