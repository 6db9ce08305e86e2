// Copying between the host and the pond.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "pond/url.h"

namespace pond::cli {

struct CopyOptions {
  std::string strip_prefix;
  std::string time_column;  // empty: "timestamp"
};

// All sources, directories with all below them, in one transaction.
void copy_in(Context& context, const std::vector<std::string>& sources, const Url& destination,
             const CopyOptions& options);

// One source, within the open transaction; what is there already gets a new version unless it is
// the same. False when nothing changed.
bool copy_pending(Context& context, const std::string& source, const std::string& target);

// The same for a job, whose destination may be the host too.
bool copy_for_job(Context& context, const std::string& source, const std::string& destination);

// Each file whole or not at all.
void copy_out(Context& context, const std::vector<std::string>& sources, const Url& destination,
              const CopyOptions& options);

}  // namespace pond::cli
