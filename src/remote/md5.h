// MD5 through OpenSSL: S3's ETag of an object that was put in one request, or of a part.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pond::remote {

class Md5 {
 public:
  Md5();
  ~Md5();
  Md5(Md5&&) noexcept;

  void update(std::string_view bytes);
  std::string finish();  // 32 lower-case hex digits; the object is spent

  static std::string of(std::string_view bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// 32 lower-case hex digits.
bool is_md5(std::string_view etag);

// The ETag of a multipart upload of parts whose ETags are MD5s: the MD5 of their bytes, "-", their
// number. Empty when one is no MD5.
std::string multipart_etag(const std::vector<std::string>& parts);

}  // namespace pond::remote
