#include "process/testing.h"

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sturgeon {

bool Runs(pid_t process) {
  std::ifstream file(absl::StrCat("/proc/", process, "/stat"));
  std::string stat;
  if (!std::getline(file, stat)) return false;
  const size_t state = stat.rfind(')') + 2;  // a program's name may hold anything
  return state < stat.size() && stat[state] != 'Z' && stat[state] != 'X';
}

bool EndsSoon(pid_t process) {
  const absl::Time end = absl::Now() + absl::Seconds(60);
  while (Runs(process) && absl::Now() < end) absl::SleepFor(absl::Milliseconds(1));
  return !Runs(process);
}

}  // namespace sturgeon
