// The main of a fuzz target that is built without a fuzzer: each argument names a file, and the
// file's bytes are one input.

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    if (!file) {
      std::cerr << argv[i] << ": cannot be read\n";
      return 1;
    }
    // Exactly as large as the input, so that AddressSanitizer sees a read past its end.
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    std::vector<uint8_t> input(bytes.begin(), bytes.end());
    input.shrink_to_fit();
    std::cout << argv[i] << ": " << input.size() << " bytes" << std::endl;
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  return 0;
}
