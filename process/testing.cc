#include "process/testing.h"

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sturgeon {

bool Runs(pid_t process) {
  std::ifstream file(absl::StrCat("/proc/", process, "/stat"));
  std::string word, state;
  return (file >> word >> word >> state) && state != "Z" && state != "X";
}

bool EndsSoon(pid_t process) {
  const absl::Time end = absl::Now() + absl::Seconds(20);
  while (Runs(process) && absl::Now() < end) absl::SleepFor(absl::Milliseconds(1));
  return !Runs(process);
}

}  // namespace sturgeon
