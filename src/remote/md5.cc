#include "remote/md5.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "pond/error.h"

namespace pond::remote {

struct Md5::State {
  State() : context(EVP_MD_CTX_new()) {
    if (context == nullptr || EVP_DigestInit_ex(context, EVP_md5(), nullptr) != 1)
      throw Error(ErrorCode::Io, "cannot start MD5");
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  EVP_MD_CTX* context;
};

Md5::Md5() : state_(std::make_unique<State>()) {}
Md5::~Md5() = default;
Md5::Md5(Md5&&) noexcept = default;

void Md5::update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string Md5::finish() {
  std::array<unsigned char, 16> digest{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(state_->context, digest.data(), &size);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const auto byte : digest) {
    hex.push_back(kHex[byte >> 4]);
    hex.push_back(kHex[byte & 15]);
  }
  return hex;
}

std::string Md5::of(std::string_view bytes) {
  Md5 hash;
  hash.update(bytes);
  return hash.finish();
}

bool is_md5(std::string_view etag) {
  return etag.size() == 32 && std::all_of(etag.begin(), etag.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string multipart_etag(const std::vector<std::string>& parts) {
  Md5 hash;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (const std::string& part : parts) {
    if (!is_md5(part)) return {};
    std::string bytes;
    for (std::size_t i = 0; i < part.size(); i += 2)
      bytes.push_back(static_cast<char>(digit(part[i]) * 16 + digit(part[i + 1])));
    hash.update(bytes);
  }
  return hash.finish() + "-" + std::to_string(parts.size());
}

}  // namespace pond::remote
