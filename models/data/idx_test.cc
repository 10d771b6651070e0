#include "models/data/idx.h"

#include <zlib.h>

#include <string>

#include "gtest/gtest.h"
#include "models/data/gzip.h"

namespace sturgeon {
namespace {

std::string Bytes(std::initializer_list<int> bytes) {
  std::string result;
  for (int b : bytes) result.push_back(static_cast<char>(b));
  return result;
}

TEST(IdxTest, ReadsShapeAndElements) {
  const std::string bytes = Bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255});
  const auto array = ParseIdx(bytes);
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_EQ(array->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(array->elements, bytes.substr(12));
}

TEST(IdxTest, SaysWhatIsWrong) {
  const auto message = [](std::initializer_list<int> bytes) {
    const std::string text = Bytes(bytes);
    const auto array = ParseIdx(text);
    EXPECT_EQ(array.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(array.status().message());
  };
  EXPECT_EQ(message({}), "it is no IDX file: it does not begin with two zero bytes");
  EXPECT_EQ(message({1, 0, 8, 1}), "it is no IDX file: it does not begin with two zero bytes");
  EXPECT_EQ(message({0, 0, 13, 1, 0, 0, 0, 0}),
            "its elements are of IDX type 13; only unsigned bytes (8) can be read");
  EXPECT_EQ(message({0, 0, 8, 2, 0, 0, 0, 2}), "its IDX header, of 2 dimensions, is cut off");
  EXPECT_EQ(message({0, 0, 8, 0}), "its IDX header, of 0 dimensions, is cut off");
  EXPECT_EQ(message({0, 0, 8, 1, 0, 0, 0, 2, 7}), "its shape [2] does not fit its 1 elements");
  EXPECT_EQ(message({0, 0, 8, 1, 0, 0, 0, 0}), "its shape [0] does not fit its 0 elements");
  // A product that overflows is no match either.
  EXPECT_EQ(message({0, 0, 8, 4, 128, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1}),
            "its shape [2147483648, 2147483648, 4, 1] does not fit its 0 elements");
}

// A gzip member of `text`.
std::string Gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string input = text;
  std::string output(deflateBound(&stream, input.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(&input[0]);
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(&output[0]);
  stream.avail_out = static_cast<uInt>(output.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  output.resize(stream.total_out);
  deflateEnd(&stream);
  return output;
}

TEST(GzipTest, RestoresWhatWasCompressed) {
  std::string text;
  for (unsigned i = 0; i < 300000; ++i) text.push_back(static_cast<char>(i * i >> 3));
  for (const std::string& contents : {std::string(), std::string("a"), text}) {
    const auto result = Gunzip(Gzip(contents), 1 << 20);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(*result, contents);
  }
  const auto two = Gunzip(Gzip("one ") + Gzip("two"), 100);
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_EQ(*two, "one two");
}

TEST(GzipTest, SaysWhatIsWrong) {
  const std::string whole = Gzip(std::string(1000, 'x'));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(Gunzip(whole.substr(0, size), 2000).status().code(),
              absl::StatusCode::kInvalidArgument)
        << size;
  }
  EXPECT_EQ(Gunzip("no gzip", 2000).status().message(),
            "it is no gzip file, or damaged: incorrect header check");
  std::string damaged = whole;
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);
  EXPECT_EQ(Gunzip(damaged, 2000).status().message(),
            "it is no gzip file, or damaged: incorrect data check");
  EXPECT_TRUE(Gunzip(whole, 1000).ok());
  EXPECT_EQ(Gunzip(whole, 999).status().message(), "its contents are larger than 999 bytes");
}

}  // namespace
}  // namespace sturgeon
