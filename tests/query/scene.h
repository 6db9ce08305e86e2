// A host directory with files, and what a query says, for the tests of queries.
#pragma once

#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "pond/error.h"
#include "pond/query.h"

namespace pond::query {

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "pond-query-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return file(name);
  }
  // A Parquet file of a query's rows.
  std::string parquet(const std::string& name, const std::string& sql) const {
    Session session(nullptr, {.restricted = false, .threads = 1});
    session.copy_to_parquet(sql, file(name));
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

inline std::string ask(Session& session, const std::string& sql,
                       const std::map<std::string, std::string>& tables = {},
                       Output output = Output::Csv) {
  std::ostringstream out;
  write_result(*session.query(sql, tables), output, out);
  return out.str();
}

// "InvalidArgument: message | hint" of what `act` throws.
inline std::string error_from(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    std::string text = std::string(to_string(error.code())) + ": " + error.what();
    if (!error.hint().empty()) text += " | " + error.hint();
    return text;
  }
  return "no error";
}

inline std::string error_of_query(Session& session, const std::string& sql,
                                  const std::map<std::string, std::string>& tables = {}) {
  return error_from([&] { ask(session, sql, tables); });
}

}  // namespace pond::query
