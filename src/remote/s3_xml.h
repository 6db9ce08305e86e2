// The XML of S3's replies and of its one request that has a body.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pond/object_store.h"

namespace pond::remote {

// Each parse function throws Remote for a text that is not whole or not of its kind.

struct S3Error {
  std::string code;     // "NoSuchKey"; empty when the text is no error
  std::string message;  // may be empty
  std::string region;   // the right one, where S3 says it
};
S3Error parse_error(const std::string& xml);  // does not throw

struct ListPage {
  std::vector<ObjectInfo> objects;  // in the server's order
  std::string next;                 // continuation token; empty on the last page
};
ListPage parse_list(const std::string& xml);  // ListObjectsV2

struct Upload {
  std::string key;
  std::string id;
  std::string initiated;  // a time as text, whose order is that of time
};
struct UploadsPage {
  std::vector<Upload> uploads;
  std::string next_key;  // markers of the next page; empty on the last one
  std::string next_id;
};
UploadsPage parse_uploads(const std::string& xml);  // ListMultipartUploads

struct Part {
  int number = 0;
  std::uint64_t size = 0;
  std::string etag;  // without quotes
};
struct PartsPage {
  std::vector<Part> parts;
  std::string next;  // part-number-marker; empty on the last page
};
PartsPage parse_parts(const std::string& xml);  // ListParts

std::string parse_created_upload(const std::string& xml);    // the id; CreateMultipartUpload
std::string parse_completed_upload(const std::string& xml);  // the ETag; CompleteMultipartUpload

// Part numbers count from 1 in the order given.
std::string complete_request(const std::vector<std::string>& etags);

std::string without_quotes(std::string etag);

}  // namespace pond::remote
