#include "models/data/fashion_mnist.h"

#include <zlib.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/file.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

void WriteGzip(const std::string& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())),
            static_cast<int>(bytes.size()));
  gzclose(file);
}

std::string Idx(std::vector<int> shape, const std::string& elements) {
  std::string bytes({0, 0, 8, static_cast<char>(shape.size())});
  for (int extent : shape) bytes += {0, 0, 0, static_cast<char>(extent)};
  return bytes + elements;
}

// A folder with a small data set of the same form: two training and one test image of 1 x 2.
std::string SmallFolder(const std::string& name) {
  const std::string folder = testing::TempDir() + "/" + name;
  std::filesystem::create_directories(folder);
  WriteGzip(folder + "/train-images-idx3-ubyte.gz", Idx({2, 1, 2}, {0, 100, 0, 100}));
  WriteGzip(folder + "/train-labels-idx1-ubyte.gz", Idx({2}, {3, 9}));
  WriteGzip(folder + "/t10k-images-idx3-ubyte.gz", Idx({1, 1, 2}, {50, 100}));
  WriteGzip(folder + "/t10k-labels-idx1-ubyte.gz", Idx({1}, {0}));
  return folder;
}

TEST(FashionMnistTest, LoadsTheRealOne) {
  const auto data = LoadFashionMnist();
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->dimensions, 784);
  EXPECT_EQ(data->classes(), 10);
  ASSERT_EQ(data->train.size(), 60000);
  ASSERT_EQ(data->test.size(), 10000);
  ASSERT_EQ(data->train.features.size(), std::size_t{60000} * 784);
  ASSERT_EQ(data->test.features.size(), std::size_t{10000} * 784);
  EXPECT_EQ(data->train.labels[0], 9);  // an ankle boot
  std::vector<int> counts(10);
  for (int32_t label : data->train.labels) ++counts[label];
  EXPECT_EQ(counts, std::vector<int>(10, 6000));
  double mean = 0, square = 0;
  constexpr std::size_t kSampled = 47040000 / 101;  // every 101st pixel
  for (std::size_t i = 0; i < kSampled; ++i) {
    const double x = data->train.features[101 * i];
    mean += x / kSampled;
    square += x * x / kSampled;
  }
  EXPECT_NEAR(mean, 0, 0.01);
  EXPECT_NEAR(square, 1, 0.01);
}

TEST(FashionMnistTest, ScalesByTheTrainingPixels) {
  const auto data = LoadFashionMnist(SmallFolder("scales"));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->dimensions, 2);
  EXPECT_EQ(data->train.features, (std::vector<float>{-1, 1, -1, 1}));
  EXPECT_EQ(data->test.features, (std::vector<float>{0, 1}));
  EXPECT_EQ(data->train.labels, (std::vector<int32_t>{3, 9}));
}

TEST(FashionMnistTest, TheEnvironmentNamesAFolder) {
  const std::string folder = SmallFolder("env/fashion-mnist");
  for (const std::string& value : {folder, testing::TempDir() + "/env"}) {
    setenv("STURGEON_DATA", value.c_str(), 1);
    const auto data = LoadFashionMnist();
    unsetenv("STURGEON_DATA");
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_EQ(data->train.size(), 2);
  }
}

TEST(FashionMnistTest, DamagedFilesAreNamed) {
  const std::string folder = SmallFolder("damaged");
  const auto message = [&] { return std::string(LoadFashionMnist(folder).status().message()); };

  const std::string labels = folder + "/train-labels-idx1-ubyte.gz";
  WriteGzip(labels, Idx({3}, {1, 2, 3}));
  EXPECT_EQ(message(), labels + ": its shape is [3]; there are 2 images");
  WriteGzip(labels, Idx({2}, {1, 10}));
  EXPECT_EQ(message(), labels + ": it has the label 10; labels are below 10");
  WriteGzip(labels, Idx({2}, {1, 2}));
  EXPECT_EQ(message(), "");

  const std::string images = folder + "/t10k-images-idx3-ubyte.gz";
  WriteGzip(images, Idx({1, 2}, {1, 2}));
  EXPECT_EQ(message(), images + ": it has 2 dimensions; images have 3");
  WriteGzip(images, Idx({1, 1, 1}, {1}));
  EXPECT_EQ(message(), images + ": its images are 1 x 1, the training images 1 x 2");
  ASSERT_TRUE(WriteFile(images, "rubbish").ok());
  EXPECT_EQ(message(), images + ": it is no gzip file, or damaged: incorrect header check");
  std::filesystem::remove(images);
  const absl::Status missing = LoadFashionMnist(folder).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(missing.message().find(images), absl::string_view::npos) << missing;
}

}  // namespace
}  // namespace sturgeon
