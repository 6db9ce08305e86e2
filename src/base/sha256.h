// SHA-256 through OpenSSL: the identity of content.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pond {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);
  std::string finish();  // 64 lower-case hex digits; the object is spent

  static std::string of(std::string_view bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pond
