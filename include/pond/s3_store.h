// The ObjectStore of an S3 bucket, or of a prefix in it: AWS's own, or any server that speaks S3
// and knows conditional puts (If-None-Match).
//
//   auto store = open_s3_store(parse_s3_url("s3://bucket/ponds/river"));
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "pond/object_store.h"

namespace pond {

struct S3Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty: none
};

struct S3Location {
  std::string bucket;
  std::string prefix;    // before every key: empty, or ends with '/'
  std::string endpoint;  // "http://127.0.0.1:9000"; empty: AWS's own of the region
  std::string region;
  S3Credentials credentials;
};

// What a caller says; what is empty comes from the environment and the files of AWS's tools.
struct S3Settings {
  std::string endpoint;
  std::string region;
  std::string profile;
  S3Credentials credentials;
};

// "s3://bucket" or "s3://bucket/prefix". Credentials, endpoint and region are looked for, in this
// order, in `settings`, in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
// AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION, and under the profile
// (AWS_PROFILE, or "default") in AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE (by default
// ~/.aws/credentials and ~/.aws/config). A profile named in `settings` goes before the variables.
// Without a region it is us-east-1. InvalidArgument: no such URL, endpoint or profile, or no
// credentials.
S3Location parse_s3_url(const std::string& url, const S3Settings& settings = {});

struct S3Options {
  int attempts = 10;  // of each request
  std::chrono::milliseconds first_pause{500};
  std::chrono::milliseconds give_up_after{300'000};  // of each request
  std::chrono::milliseconds stall_timeout{60'000};   // without a byte
  std::uint64_t part_size = 16u << 20;  // bytes; larger files go and come in parts (S3: 5 MiB on)
  int parallel = 4;                     // parts of one file under way at once
  // Called before each pause, by one thread at a time.
  std::function<void(const std::string&)> say;

  // POND_HTTP_PATIENCE_MS, where set, bounds give_up_after and stall_timeout.
  static S3Options from_environment();
};

// Of all requests since the store was opened, each attempt counted. Bytes are of HTTP, headers and
// bodies, before TLS.
struct StoreCounts {
  std::uint64_t requests = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
};

// A put is an atomic PUT; a file larger than a part is a multipart upload, which a later put_file
// of the same key takes up again when it was cut. put_unsynced_name is put. A put_if_absent that
// throws Remote may have been stored: read the key to know.
class S3Store : public ObjectStore {
 public:
  virtual StoreCounts counts() const = 0;
  // Puts a small object of its own twice, and removes it. Unsupported when the server lets the
  // second one replace the first: put_if_absent would not keep two writers apart.
  virtual void require_conditional_put() = 0;
};

std::shared_ptr<S3Store> open_s3_store(S3Location location,
                                       S3Options options = S3Options::from_environment());

}  // namespace pond
