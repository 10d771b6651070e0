#include "runners/isolation/message.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "gtest/gtest.h"

namespace sturgeon {
namespace {

TEST(Message, ComesThroughWhateverThePieces) {
  Message first, second;
  first.value.Set("text", "a line\nand \"quotes\"");
  first.bytes = std::string("{}\n\0\xff", 5);
  second.value.Set("ok", true);
  const std::string stream = EncodeMessage(first) + EncodeMessage(second);
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    MessageReader reader;
    std::vector<Message> read;
    for (size_t i = 0; i < stream.size(); i += piece) {
      reader.Add(absl::string_view(stream).substr(i, piece));
      for (;;) {
        const auto message = reader.Next();
        ASSERT_TRUE(message.ok()) << message.status();
        if (!message->has_value()) break;
        read.push_back(**message);
      }
    }
    ASSERT_EQ(read.size(), 2) << "pieces of " << piece;
    EXPECT_EQ(read[0].value.Find("text")->string(), "a line\nand \"quotes\"");
    EXPECT_EQ(read[0].bytes, first.bytes);
    EXPECT_EQ(read[1].value, second.value);
    EXPECT_EQ(read[1].bytes, "");
  }
}

TEST(Message, WhatIsNoneIsAnError) {
  for (const char* text : {"[1]\n", "hello\n", "{\"bytes\": -1}\n", "{\"bytes\": \"4\"}\n"}) {
    MessageReader reader;
    reader.Add(text);
    EXPECT_FALSE(reader.Next().ok()) << text;
  }
}

TEST(Message, EveryNumberComesThroughToTheBit) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> numbers = {0.0,      -0.0,
                                       0.1,      1.0 / 3,
                                       1e300,    std::numeric_limits<double>::denorm_min(),
                                       infinity, -infinity,
                                       nan,      std::copysign(nan, -1.0),
                                       3};
  Message message;
  message.value.Set("numbers", NumbersToValue(numbers));
  MessageReader reader;
  reader.Add(EncodeMessage(message));
  const auto read = reader.Next();
  ASSERT_TRUE(read.ok() && read->has_value());
  const auto back = NumbersFromValue((*read)->value.Find("numbers"));
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_EQ(back->size(), numbers.size());
  EXPECT_EQ(std::memcmp(back->data(), numbers.data(), numbers.size() * sizeof(double)), 0);
  EXPECT_FALSE(NumbersFromValue(nullptr).ok());
  const Value bad = Value::List{"five"};
  EXPECT_FALSE(NumbersFromValue(&bad).ok());
}

}  // namespace
}  // namespace sturgeon
