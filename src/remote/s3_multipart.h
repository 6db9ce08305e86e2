// Files larger than a part: multipart uploads, and downloads in ranges.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"
#include "remote/s3_requests.h"

namespace pond::remote {

// Puts the `size` bytes of a file as the object `key`. Takes up the newest unfinished upload of the
// key: parts that are there with the right size and MD5 are not sent again. When it ends well no
// upload of the key is left; when it throws, what was sent waits for the next time.
void put_in_parts(const S3Requests& requests, const std::string& key, const Fd& fd,
                  const std::filesystem::path& path, std::uint64_t size);

// Writes the object into `file`, all of one version of it. False when it was replaced meanwhile:
// the bytes in `file` then mean nothing.
bool get_in_parts(const S3Requests& requests, const std::string& key, StagedFile& file);

}  // namespace pond::remote
