#include "core/checkpoint.h"

#include <cmath>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

Checkpoint Example() {
  Checkpoint checkpoint;
  checkpoint.trial = 17;
  checkpoint.step = 27;
  checkpoint.seed = 0xFEDCBA9876543210u;
  checkpoint.train_seconds = 1.5;
  checkpoint.model = "mlp";
  checkpoint.metrics = {0.1, -std::numeric_limits<double>::infinity(), std::nan("")};
  checkpoint.state = std::string("state\0with\xFF bytes", 16);
  return checkpoint;
}

TEST(CheckpointTest, TheChecksumIsCrc32c) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);  // RFC 3720, B.4
  EXPECT_EQ(Crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
}

TEST(CheckpointTest, ReadsBackWhatItWrote) {
  const Checkpoint written = Example();
  const auto read = DecodeCheckpoint(EncodeCheckpoint(written));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->trial, written.trial);
  EXPECT_EQ(read->step, written.step);
  EXPECT_EQ(read->seed, written.seed);
  EXPECT_EQ(read->train_seconds, written.train_seconds);
  EXPECT_EQ(read->model, written.model);
  EXPECT_EQ(read->state, written.state);
  ASSERT_EQ(read->metrics.size(), 3u);
  EXPECT_EQ(read->metrics[0], 0.1);
  EXPECT_EQ(read->metrics[1], written.metrics[1]);
  EXPECT_TRUE(std::isnan(read->metrics[2]));
}

// The bytes are the same on every machine and in every later version.
TEST(CheckpointTest, TheFormatStays) {
  Checkpoint checkpoint;
  checkpoint.trial = 1;
  checkpoint.step = 2;
  checkpoint.seed = 3;
  checkpoint.train_seconds = 0.5;
  checkpoint.model = "m";
  checkpoint.metrics = {1};
  checkpoint.state = "s";
  const std::string expected(
      "SturgCkp\x01\0\0\0\x62\x1F\xB1\x03"
      "\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0"
      "\0\0\0\0\0\0\xE0\x3F\x01\0\0\0m\x01\0\0\0\0\0\0\0\0\0\xF0\x3F\x01\0\0\0\0\0\0\0s",
      74);
  EXPECT_EQ(EncodeCheckpoint(checkpoint), expected);
}

TEST(CheckpointTest, EveryPrefixIsNone) {
  const std::string bytes = EncodeCheckpoint(Example());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const absl::Status status = DecodeCheckpoint(bytes.substr(0, size)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << size;
  }
  EXPECT_EQ(DecodeCheckpoint(bytes + "x").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeCheckpoint("").status().message(), "it is empty");
}

TEST(CheckpointTest, EveryFlippedBitIsNoticed) {
  const std::string bytes = EncodeCheckpoint(Example());
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(DecodeCheckpoint(damaged).status().code(), absl::StatusCode::kDataLoss) << bit;
  }
}

TEST(CheckpointTest, SaysWhatIsWrong) {
  const std::string bytes = EncodeCheckpoint(Example());
  const auto message = [](const std::string& text) {
    return std::string(DecodeCheckpoint(text).status().message());
  };
  EXPECT_TRUE(absl::StrContains(message("PK\x03\x04, another program's"), "first bytes differ"));
  std::string newer = bytes;
  newer[8] = 2;
  EXPECT_TRUE(absl::StrContains(message(newer), "version 2"));
  EXPECT_TRUE(absl::StrContains(message(bytes.substr(0, 10)), "cut off"));
  // A program that gets the checksum right and the rest wrong.
  Checkpoint odd = Example();
  odd.step = 0;
  EXPECT_TRUE(absl::StrContains(message(EncodeCheckpoint(odd)), "malformed"));
}

}  // namespace
}  // namespace sturgeon
