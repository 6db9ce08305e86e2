// Series of many files, of which a statement opens only those whose times it can match.
//
// Which times a statement asks for is DuckDB's to say: such a series is at first an empty table,
// the statement is planned with it, and the filters that reached its scan (through views, joins and
// derived nodes) tell the range. Then a view of the files in that range takes the table's place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "query/engine.h"

namespace pond::query {

struct TimedFile {
  std::string path;
  std::int64_t min_time_us = 0, max_time_us = 0;
  std::function<void()> fetch{};  // to be called before it is read, when not empty
};

// Files of one schema, in the order of their rows.
struct TimedFileList {
  std::string shown;  // the series, as the user calls it
  std::string time_column;
  std::vector<TimedFile> files;
  std::string empty{};  // a relation without rows, where no file is to be opened for its columns
};

class TimedFiles {
 public:
  // A relation of all of them. `lasting`: for more than the statement that is being prepared.
  std::string add(const Engine& engine, TimedFileList list, bool lasting);
  // Before a statement's tables are bound: all lists that last are empty tables of `engine`.
  void begin(const Engine& engine);
  // Every list stands for all of its files from now on: for statements inside a statement.
  void open_all(const Engine& engine);
  // Decides which files `sql` needs, and puts their views in place. `sql` is planned and not run.
  void decide(const Engine& engine, const std::string& sql);
  // What was decided, a line a series.
  const std::vector<std::string>& decisions() const { return decisions_; }

 private:
  struct Entry {
    std::string name;
    TimedFileList list;
    bool lasting = false;
    std::uint64_t engine = 0;  // where it is
    bool open = false;         // a view of files, not an empty table
  };
  void make_empty(Entry& entry, const Engine& engine);
  void open(Entry& entry, const Engine& engine, const std::vector<std::string>& paths);

  std::list<Entry> entries_;
  std::size_t made_ = 0;
  std::vector<std::string> decisions_;
};

}  // namespace pond::query
