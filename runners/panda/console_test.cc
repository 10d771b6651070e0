#include "runners/panda/console.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace sturgeon {
namespace {

// A console between two pipes.
class ConsoleTest : public testing::Test {
 protected:
  ConsoleTest() {
    EXPECT_EQ(pipe(input_), 0);
    EXPECT_EQ(pipe(output_), 0);
    console_ = MakeConsole(input_[0], output_[1]);
  }
  ~ConsoleTest() override {
    for (const int end : {input_[0], input_[1], output_[0], output_[1]}) {
      if (end >= 0) close(end);
    }
  }

  void Type(const std::string& text) {
    EXPECT_EQ(write(input_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void EndInput() {
    close(input_[1]);
    input_[1] = -1;
  }
  std::optional<std::string> Read(const std::atomic<bool>* cancelled = nullptr) {
    return console_->ReadLine("> ", cancelled);
  }

  int input_[2], output_[2];
  std::unique_ptr<Console> console_;
};

TEST_F(ConsoleTest, ReadsLinesAndTheLastMayLackItsEnd) {
  Type("go 5\n\nplot\nqu");
  Type("it");
  EndInput();
  EXPECT_EQ(Read(), "go 5");
  EXPECT_EQ(Read(), "");
  EXPECT_EQ(Read(), "plot");
  EXPECT_EQ(Read(), "quit");
  EXPECT_EQ(Read(), std::nullopt);
  EXPECT_EQ(Read(), std::nullopt);
}

TEST_F(ConsoleTest, APipeIsShownNoPrompt) {
  Type("go\n");
  EndInput();
  Read();
  Read();
  console_->Write("done\n");
  char shown[16];
  EXPECT_EQ(std::string(shown, read(output_[0], shown, sizeof(shown))), "done\n");
  EXPECT_EQ(console_->width(), 80);
}

TEST_F(ConsoleTest, CancellationEndsTheWait) {
  const std::atomic<bool> cancelled{true};
  EXPECT_EQ(Read(&cancelled), std::nullopt);
}

TEST_F(ConsoleTest, OfAnOverlongLineTheRestIsDropped) {
  ASSERT_GE(fcntl(input_[0], F_SETPIPE_SZ, 1 << 20), 1 << 17);
  Type(std::string(1 << 17, 'x') + "\nquit\n");
  EXPECT_EQ(Read(), std::string(64 << 10, 'x'));
  EXPECT_EQ(Read(), "quit");
}

}  // namespace
}  // namespace sturgeon
