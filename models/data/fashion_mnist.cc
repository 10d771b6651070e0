#include "models/data/fashion_mnist.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/file.h"
#include "models/data/gzip.h"
#include "models/data/idx.h"

namespace sturgeon {
namespace {

namespace fs = std::filesystem;

constexpr char kTrainImages[] = "train-images-idx3-ubyte.gz";
constexpr char kTrainLabels[] = "train-labels-idx1-ubyte.gz";
constexpr char kTestImages[] = "t10k-images-idx3-ubyte.gz";
constexpr char kTestLabels[] = "t10k-labels-idx1-ubyte.gz";
constexpr char kDebianFolder[] = "/usr/share/datasets/fashion-mnist";
constexpr std::size_t kMaxBytes = std::size_t{1} << 28;

bool IsThere(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / kTrainImages, error);
}

// Folders of the repository @fashion_mnist in a tree of Bazel runfiles. Its name there is the plain
// one or, where Bazel's modules are on, one that ends in it behind a + or a ~.
std::vector<fs::path> RunfilesFolders(const fs::path& runfiles) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(runfiles, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name == "fashion_mnist" || absl::EndsWith(name, "+fashion_mnist") ||
        absl::EndsWith(name, "~fashion_mnist")) {
      found.push_back(it->path());
    }
  }
  return found;
}

std::vector<fs::path> Candidates() {
  std::vector<fs::path> folders;
  if (const char* data = std::getenv("STURGEON_DATA"); data != nullptr && data[0] != '\0') {
    folders.push_back(fs::path(data) / "fashion-mnist");
    folders.push_back(data);
  }
  std::vector<fs::path> runfiles;
  for (const char* name : {"RUNFILES_DIR", "TEST_SRCDIR"}) {
    if (const char* value = std::getenv(name)) runfiles.push_back(value);
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) runfiles.push_back(program.string() + ".runfiles");
  for (const fs::path& folder : runfiles) {
    for (fs::path& found : RunfilesFolders(folder)) folders.push_back(std::move(found));
  }
  folders.push_back(kDebianFolder);
  return folders;
}

absl::StatusOr<std::string> ReadGzip(const std::string& path) {
  auto compressed = ReadFile(path);
  if (!compressed.ok()) return compressed.status();
  auto contents = Gunzip(*compressed, kMaxBytes);
  if (!contents.ok()) {
    return absl::Status(contents.status().code(),
                        absl::StrCat(path, ": ", contents.status().message()));
  }
  return contents;
}

// Images [n, height, width] and labels [n] of one part; features stay empty.
struct Part {
  std::string image_bytes;
  IdxArray images;
  std::vector<int32_t> labels;
};

absl::Status Load(const std::string& images_path, const std::string& labels_path, int classes,
                  Part* part) {
  const auto invalid = [](const std::string& path, absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
  };
  auto image_bytes = ReadGzip(images_path);
  if (!image_bytes.ok()) return image_bytes.status();
  part->image_bytes = *std::move(image_bytes);
  auto images = ParseIdx(part->image_bytes);
  if (!images.ok()) return invalid(images_path, images.status().message());
  part->images = *std::move(images);
  if (part->images.shape.size() != 3) {
    return invalid(images_path, absl::StrCat("it has ", part->images.shape.size(),
                                             " dimensions; images have 3"));
  }

  const auto label_bytes = ReadGzip(labels_path);
  if (!label_bytes.ok()) return label_bytes.status();
  const auto labels = ParseIdx(*label_bytes);
  if (!labels.ok()) return invalid(labels_path, labels.status().message());
  if (labels->shape.size() != 1 || labels->shape[0] != part->images.shape[0]) {
    return invalid(labels_path, absl::StrCat("its shape is [", absl::StrJoin(labels->shape, ", "),
                                             "]; there are ", part->images.shape[0], " images"));
  }
  for (char label : labels->elements) {
    const auto value = static_cast<unsigned char>(label);
    if (value >= classes) {
      return invalid(labels_path,
                     absl::StrCat("it has the label ", value, "; labels are below ", classes));
    }
    part->labels.push_back(value);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Dataset> LoadFashionMnist() {
  const std::vector<fs::path> folders = Candidates();
  for (const fs::path& folder : folders) {
    if (IsThere(folder)) return LoadFashionMnist(folder.string());
  }
  return absl::NotFoundError(absl::StrCat(
      "fashion_mnist: ", kTrainImages, " is in none of: ",
      absl::StrJoin(folders, ", ",
                    [](std::string* out, const fs::path& path) { out->append(path.string()); }),
      "; install Debian's package dataset-fashion-mnist, or put the data set's four files into a "
      "folder and set STURGEON_DATA to it"));
}

absl::StatusOr<Dataset> LoadFashionMnist(const std::string& folder) {
  Dataset dataset;
  dataset.name = "fashion_mnist";
  dataset.class_names = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                         "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  const auto path = [&](const char* file) { return (fs::path(folder) / file).string(); };
  Part train, test;
  absl::Status status = Load(path(kTrainImages), path(kTrainLabels), dataset.classes(), &train);
  if (status.ok()) {
    status = Load(path(kTestImages), path(kTestLabels), dataset.classes(), &test);
  }
  if (!status.ok()) return status;
  if (train.images.shape[1] != test.images.shape[1] ||
      train.images.shape[2] != test.images.shape[2]) {
    return absl::InvalidArgumentError(absl::StrCat(
        path(kTestImages), ": its images are ", test.images.shape[1], " x ", test.images.shape[2],
        ", the training images ", train.images.shape[1], " x ", train.images.shape[2]));
  }
  dataset.dimensions = static_cast<int>(train.images.shape[1] * train.images.shape[2]);

  std::array<int64_t, 256> histogram{};
  for (char pixel : train.images.elements) ++histogram[static_cast<unsigned char>(pixel)];
  const auto count = static_cast<double>(train.images.elements.size());
  double mean = 0, square = 0;
  for (int value = 0; value < 256; ++value) {
    mean += value * static_cast<double>(histogram[value]) / count;
    square += value * value * static_cast<double>(histogram[value]) / count;
  }
  const double deviation = std::sqrt(std::max(square - mean * mean, 0.0));
  std::array<float, 256> scaled{};
  for (int value = 0; value < 256; ++value) {
    scaled[value] = static_cast<float>((value - mean) / (deviation > 0 ? deviation : 1.0));
  }
  const auto fill = [&](Part& part, Examples* examples) {
    examples->labels = std::move(part.labels);
    const absl::string_view pixels = part.images.elements;
    examples->features.resize(pixels.size());
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      examples->features[i] = scaled[static_cast<unsigned char>(pixels[i])];
    }
  };
  fill(train, &dataset.train);
  fill(test, &dataset.test);
  return dataset;
}

}  // namespace sturgeon
