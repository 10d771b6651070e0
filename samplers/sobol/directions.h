// Direction numbers of Sobol' sequences.
#ifndef STURGEON_SAMPLERS_SOBOL_DIRECTIONS_H_
#define STURGEON_SAMPLERS_SOBOL_DIRECTIONS_H_

#include <array>
#include <cstdint>

namespace sturgeon {

// Dimensions for which there are direction numbers.
inline constexpr int kSobolDimensions = 256;

// A dimension's primitive polynomial x^s + a_1 x^(s-1) + … + a_(s-1) x + 1 over GF(2), and its
// initial odd numbers m_1 … m_s, m_i < 2^i.
struct SobolPolynomial {
  uint8_t degree;         // s
  uint16_t coefficients;  // a_1 … a_(s-1), the last in the lowest bit
  uint16_t initial[11];   // m_1 … m_s
};

// That of dimension 1 … kSobolDimensions - 1; dimension 0 is van der Corput's and has none. They
// are the choice of Joe and Kuo, made for good two-dimensional projections: "Constructing Sobol
// sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30, 2008, in the file
// new-joe-kuo-6.21201 (where dimensions count from 1).
const SobolPolynomial& SobolPolynomialOf(int dimension);

// The direction numbers v_0 … v_31 of dimension 0 … kSobolDimensions - 1, the first binary digit in
// the highest bit.
std::array<uint32_t, 32> SobolDirections(int dimension);

}  // namespace sturgeon

#endif  // STURGEON_SAMPLERS_SOBOL_DIRECTIONS_H_
