#include "models/data/training_data.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sturgeon {
namespace {

// n examples of one numeric feature, 0, 1, 2, …, and one of 0 or 1; two of them to test.
Dataset Ramp(int n) {
  Dataset data;
  data.dimensions = 2;
  data.class_names = {"a", "b"};
  data.numeric_columns = {0};
  for (int i = 0; i < n; ++i) {
    data.train.features.push_back(static_cast<float>(i));
    data.train.features.push_back(static_cast<float>(i % 2));
    data.train.labels.push_back(i % 2);
  }
  data.test.features = {5, 1, 7, 0};
  data.test.labels = {1, 0};
  return data;
}

TEST(SplitDatasetTest, DividesTheRows) {
  const auto data = SplitDataset(Ramp(100), 0.2, 0, 1);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->validation.size(), 20);
  EXPECT_EQ(data->train.size(), 80);
  EXPECT_EQ(data->test, (std::vector<int32_t>{0, 1}));
  std::set<int32_t> all(data->train.begin(), data->train.end());
  all.insert(data->validation.begin(), data->validation.end());
  EXPECT_EQ(all.size(), 100);
  EXPECT_EQ(std::vector<int32_t>(all.begin(), all.end()), data->train_and_validation);
}

TEST(SplitDatasetTest, TheSeedDecidesAndTheLimitLeavesTheValidationRows) {
  const auto data = SplitDataset(Ramp(100), 0.2, 0, 1);
  const auto same = SplitDataset(Ramp(100), 0.2, 0, 1);
  const auto other = SplitDataset(Ramp(100), 0.2, 0, 2);
  const auto limited = SplitDataset(Ramp(100), 0.2, 30, 1);
  ASSERT_TRUE(data.ok() && same.ok() && other.ok() && limited.ok());
  EXPECT_EQ(data->validation, same->validation);
  EXPECT_NE(data->validation, other->validation);
  EXPECT_EQ(data->validation, limited->validation);
  EXPECT_EQ(limited->train.size(), 30);
  EXPECT_EQ(limited->train_and_validation.size(), 50);
  EXPECT_TRUE(std::includes(data->train.begin(), data->train.end(), limited->train.begin(),
                            limited->train.end()));
}

TEST(SplitDatasetTest, StandardisesByTheTrainingRowsAlone) {
  const auto data = SplitDataset(Ramp(100), 0.3, 0, 4);
  ASSERT_TRUE(data.ok()) << data.status();
  double mean = 0, square = 0;
  for (int32_t row : data->train) {
    const double x = data->dataset.train.features[2 * row];
    mean += x / 70;
    square += x * x / 70;
  }
  EXPECT_NEAR(mean, 0, 1e-5);
  EXPECT_NEAR(square, 1, 1e-5);
  const std::vector<float>& train = data->dataset.train.features;
  const std::vector<float>& test = data->dataset.test.features;
  EXPECT_EQ(test[0], train[2 * 5]);  // the same map
  EXPECT_EQ(test[2], train[2 * 7]);
  EXPECT_EQ(train[2 * 5 + 1], 1);  // not a numeric column
}

TEST(SplitDatasetTest, AConstantColumnBecomesZero) {
  Dataset constant = Ramp(10);
  for (int i = 0; i < 10; ++i) constant.train.features[2 * i] = 3;
  const auto data = SplitDataset(constant, 0.5, 0, 1);
  ASSERT_TRUE(data.ok()) << data.status();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(data->dataset.train.features[2 * i], 0);
}

TEST(SplitDatasetTest, SomethingMustBeLeft) {
  for (double fraction : {0.0, 0.01, 0.99, 1.0, -1.0, std::nan("")}) {
    EXPECT_EQ(SplitDataset(Ramp(10), fraction, 0, 1).status().code(),
              absl::StatusCode::kInvalidArgument)
        << fraction;
  }
  EXPECT_TRUE(SplitDataset(Ramp(10), 0.1, 0, 1).ok());
}

TEST(LoadDatasetTest, KnowsItsNames) {
  EXPECT_EQ(LoadDataset("fashion_mnst").status().message(),
            "unknown dataset \"fashion_mnst\"; did you mean \"fashion_mnist\"? Known: csv:PATH, "
            "fashion_mnist");
  const std::string path = testing::TempDir() + "/t.csv";
  std::ofstream(path) << "1,2,0\n3,4,1\n";
  EXPECT_EQ(LoadDataset("csv:" + path)->dimensions, 2);
}

}  // namespace
}  // namespace sturgeon
