#include "core/temporary_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>  // NOLINT(build/c++17)
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class TemporaryFolderTest : public testing::Test {
 protected:
  TemporaryFolderTest() : root_(testing::TempDir() + "/root") {
    fs::remove_all(root_);
    fs::create_directories(root_);
    setenv("TMPDIR", root_.c_str(), 1);
  }

  // A folder as a process has left it, some time ago.
  std::string Left(const std::string& name, int seconds) const {
    const std::string path = root_ + "/" + name;
    fs::create_directories(path + "/within");
    std::ofstream(path + "/within/file") << "x";
    const timespec then = {time(nullptr) - seconds, 0};
    const timespec times[2] = {then, then};
    EXPECT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    return path;
  }

  const std::string root_;
};

TEST_F(TemporaryFolderTest, GoesWithItsOwner) {
  std::string path;
  {
    const auto folder = TemporaryFolder::Make("owned");
    ASSERT_TRUE(folder.ok()) << folder.status();
    path = (*folder)->path();
    EXPECT_EQ(fs::path(path).parent_path(), root_);
    std::ofstream(path + "/file") << "x";
    EXPECT_TRUE(fs::exists(path + "/file"));
    const auto other = TemporaryFolder::Make("owned");
    ASSERT_TRUE(other.ok()) << other.status();
    EXPECT_NE((*other)->path(), path);
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(TemporaryFolderTest, WhatNobodyHoldsIsRemoved) {
  const std::string left = Left("sturgeon-left-aaaaaa", 3600);
  const std::string young = Left("sturgeon-left-bbbbbb", 5);
  const std::string held = Left("sturgeon-left-cccccc", 3600);
  const std::string other = Left("sturgeon-another-aaaaaa", 3600);
  const std::string linked = Left("elsewhere", 3600);
  fs::create_directory_symlink(linked, root_ + "/sturgeon-left-dddddd");
  const int lock = open(held.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(flock(lock, LOCK_EX | LOCK_NB), 0);
  ASSERT_TRUE(TemporaryFolder::Make("left").ok());
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(young));
  EXPECT_TRUE(fs::exists(held + "/within/file"));
  EXPECT_TRUE(fs::exists(other));
  EXPECT_TRUE(fs::exists(linked + "/within/file"));
  close(lock);
}

TEST_F(TemporaryFolderTest, SaysWhyItCannotBeMade) {
  setenv("TMPDIR", "/proc", 1);  // where nobody makes a folder
  const auto folder = TemporaryFolder::Make("refused");
  EXPECT_EQ(folder.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(folder.status().message()),
              AllOf(HasSubstr("/proc/sturgeon-refused-"), HasSubstr("TMPDIR says where")));
}

}  // namespace
}  // namespace sturgeon
