// The end of what a process has printed: its last words, should it fail.
#ifndef STURGEON_PROCESS_OUTPUT_TAIL_H_
#define STURGEON_PROCESS_OUTPUT_TAIL_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sturgeon {

class OutputTail {
 public:
  // Takes what is printed, in pieces of any size; some kilobytes are kept.
  void Add(absl::string_view bytes);
  void Clear() { kept_.clear(); }

  // Its last lines that are not blank, three at most and each cut to a length that a message can
  // bear: "Traceback … | ValueError: no such loss"; empty: nothing was printed.
  std::string Lines() const;

 private:
  std::string kept_;
};

// "; its last output: …", or nothing where `lines` is empty: the end of a message.
std::string LastWords(absl::string_view lines);

}  // namespace sturgeon

#endif  // STURGEON_PROCESS_OUTPUT_TAIL_H_
